import { eraseCustomer, exportCustomer } from "../../../../../shared/contract/operations/customers.ts";
import { verifyCustomer } from "../../../../../shared/contract/operations/data-check.ts";
import { mayRun } from "../../../auth/may-run.ts";
import { ActionButton } from "../../../components/fields.tsx";
import { checkLabel } from "../../../components/labels/data-check.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";

/** Links to the data operations of a customer that the member's role allows. */
export function Records({ c, subjectRef }: { c: PortalContext; subjectRef: string }) {
  if (!mayRun(c, verifyCustomer)) return null;
  return (
    <div class="row">
      <a class="button small" href={buildCustomerPath(c, subjectRef, "/check")}>
        {checkLabel}
      </a>
      {mayRun(c, exportCustomer) ? (
        <ActionButton action={buildCustomerPath(c, subjectRef, "/export")} label="Export all data" />
      ) : null}
      {mayRun(c, eraseCustomer) ? (
        <a class="button small" href={buildCustomerPath(c, subjectRef, "/erase")}>
          Erase customer…
        </a>
      ) : null}
    </div>
  );
}
