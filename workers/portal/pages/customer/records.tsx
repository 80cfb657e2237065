import { mayActAs } from "../../../../shared/contract/roles.ts";
import { ActionButton } from "../../components/fields.tsx";
import { customerPath, type PortalContext } from "../../request-context.ts";

/** What an owner can do with all that is kept of the customer. */
export function Records({ c, subjectRef }: { c: PortalContext; subjectRef: string }) {
  if (!mayActAs(c.get("member").role, "owner")) return null;
  return (
    <div class="row">
      <ActionButton action={customerPath(c, subjectRef, "/export")} label="Export all data" />
      <a class="button small" href={customerPath(c, subjectRef, "/erase")}>
        Erase…
      </a>
    </div>
  );
}
