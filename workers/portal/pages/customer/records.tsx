import { mayActAs } from "../../../../shared/contract/roles.ts";
import { checkLabel } from "../../components/data-check-words.ts";
import { ActionButton } from "../../components/fields.tsx";
import { customerPath, type PortalContext } from "../../request-context.ts";

/** Links to the data operations of a customer: support may check, and owners may also export and erase. */
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
