import type { EntryView } from "../../../../../shared/contract/operations/customer-views.ts";
import { Icon } from "../../../components/icon.tsx";
import {
  formatCount,
  formatUnits,
  nameProduct,
  type ProductNames,
} from "../../../components/labels/common.ts";
import { canUndo } from "../../../components/labels/customer.ts";
import { Time } from "../../../components/time.tsx";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";

/** Returns the ledger entry of the action that led to this page, if the URL names one of the newest entries. */
export function findResult(c: PortalContext, { customer }: CustomerPage): EntryView | undefined {
  const done = c.req.query("done");
  return customer.entries.find(({ sequence, manual }) => String(sequence) === done && manual !== null);
}

/** Reports an action at the top of the page that follows it: what was done, the access now, and Undo. */
export function ActionResult({
  c,
  page: { customer, lists },
  entry,
  canAct,
}: {
  c: PortalContext;
  page: CustomerPage;
  entry: EntryView;
  canAct: boolean;
}) {
  const { sequence, manual, undoneBy, actor, at } = entry;
  const { allowed } = customer.decision;
  return (
    <div class="result" role="status">
      <Icon name="circle-check" />
      <p>
        <b>{describeAction(entry, lists.productNames)}</b> Access is now {allowed ? "allowed" : "denied"}.{" "}
        <span class="quiet">
          {actor?.name}, <Time at={at} now={c.get("now")} /> · <a href={`?#entry-${sequence}`}>#{sequence}</a>
        </span>
      </p>
      {canAct && manual !== null && canUndo(manual.type) && undoneBy === null ? (
        <a
          class="button small"
          href={buildCustomerPath(c, customer.subjectRef, `/undo?sequence=${sequence}`)}
          data-drawer
        >
          <Icon name="undo-2" />
          Undo change
        </a>
      ) : null}
    </div>
  );
}

/** Describes what an operator's action did, such as `Granted 750 units of 1,000 credits.` */
function describeAction({ manual, touched }: EntryView, names: ProductNames): string {
  const [first] = touched;
  const product = first === undefined ? "access" : nameProduct(names, first.productCode);
  const units = touched.reduce((sum, moved) => sum + moved.units, 0);
  switch (manual?.type) {
    case "grant":
      return units > 0 ? `Granted ${formatUnits(units)} of ${product}.` : `Granted ${product}.`;
    case "revoke":
      return `Revoked ${product}.`;
    case "adjust":
      return units < 0
        ? `Removed ${formatUnits(-units)} from ${product}.`
        : `Added ${formatUnits(units)} to ${product}.`;
    case "lift_hold":
      return `Lifted the hold on ${product}.`;
    case "release_reservation":
      return `Released ${formatCount(units)} held units.`;
    default:
      return `Undid #${manual?.undoes ?? ""}.`;
  }
}
