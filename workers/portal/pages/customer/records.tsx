import { mayActAs } from "../../../../shared/contract/roles.ts";
import { checkLabel } from "../../components/data-check-words.ts";
import { ActionButton } from "../../components/fields.tsx";
import { customerPath, type PortalContext } from "../../request-context.ts";

/** What can be done with all that is kept of the customer: support compares it, an owner also takes it out or away. */
export function Records({ c, subjectRef }: { c: PortalContext; subjectRef: string }) {
  const { role } = c.get("member");
  if (!mayActAs(role, "support")) return null;
  return (
    <div class="row">
      <a class="button small" href={customerPath(c, subjectRef, "/check")}>
        {checkLabel}
      </a>
      {mayActAs(role, "owner") ? (
        <>
          <ActionButton action={customerPath(c, subjectRef, "/export")} label="Export all data" />
          <a class="button small" href={customerPath(c, subjectRef, "/erase")}>
            Erase…
          </a>
        </>
      ) : null}
    </div>
  );
}
