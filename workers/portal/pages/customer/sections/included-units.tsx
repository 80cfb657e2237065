import type {
  CustomerView,
  EntitlementExplained,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { formatCount, nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import { formatShortDay } from "../../../components/time.tsx";
import { getZone } from "../../../http/zone-cookie.ts";
import type { PortalContext } from "../../../request-context.ts";

/** The units that a subscription includes, on the customer's card of entitlements. */

/** Puts the units that a subscription includes below it. Units of a subscription that is not listed stay in place. */
export function groupIncluded(entitlements: EntitlementExplained[]): EntitlementExplained[] {
  const ids = new Set(entitlements.map(({ entitlementId }) => entitlementId));
  const isGrouped = ({ includedIn }: EntitlementExplained) => includedIn !== null && ids.has(includedIn);
  return entitlements.flatMap((entitlement) =>
    isGrouped(entitlement)
      ? []
      : [entitlement, ...entitlements.filter(({ includedIn }) => includedIn === entitlement.entitlementId)],
  );
}

/** Names the subscription that includes the units. */
export function Included({
  customer,
  names,
  entitlement: { includedIn },
}: {
  customer: CustomerView;
  names: ProductNames;
  entitlement: EntitlementExplained;
}) {
  const subscription = customer.entitlements.find(({ entitlementId }) => entitlementId === includedIn);
  if (subscription === undefined) return null;
  return (
    <small>
      Included in{" "}
      <a href={`#${subscription.entitlementId}`}>{nameProduct(names, subscription.productCode)}</a>
    </small>
  );
}

/** Says when a subscription's next units come. */
export function NextUnits({
  c,
  customer,
  entitlement: { entitlementId },
}: {
  c: PortalContext;
  customer: CustomerView;
  entitlement: EntitlementExplained;
}) {
  const next = customer.nextAllowances.find((each) => each.entitlementId === entitlementId);
  if (next === undefined) return null;
  return (
    <small>
      Next {formatCount(next.units)} on {formatShortDay(next.at, c.get("now"), getZone(c))}
      {next.isPaid ? null : ", when paid"}
    </small>
  );
}
