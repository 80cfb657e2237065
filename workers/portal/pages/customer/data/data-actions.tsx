import { hasRole } from "../../../../../shared/contract/roles.ts";
import { ActionButton } from "../../../components/fields.tsx";
import { checkLabel } from "../../../components/labels/data-check.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";

/** Links to the data operations of a customer: support may check, and owners may also export and erase. */
export function Records({ c, subjectRef }: { c: PortalContext; subjectRef: string }) {
  const { role } = c.get("member");
  if (!hasRole(role, "support")) return null;
  return (
    <div class="row">
      <a class="button small" href={buildCustomerPath(c, subjectRef, "/check")}>
        {checkLabel}
      </a>
      {hasRole(role, "owner") ? (
        <>
          <ActionButton action={buildCustomerPath(c, subjectRef, "/export")} label="Export all data" />
          <a class="button small" href={buildCustomerPath(c, subjectRef, "/erase")}>
            Erase…
          </a>
        </>
      ) : null}
    </div>
  );
}
