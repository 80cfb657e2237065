import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import { formatCount, nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import { formatRelativeTime } from "../../../components/time.tsx";
import { grantAction, type LikelyCause } from "./likely-cause.ts";

/**
 * Returns the cause why a customer with access has no units: the units that a subscription includes are used. Empty
 * while any unit is left, or where no subscription that gives access has included units.
 */
export function findUsedAllowances(
  { entitlements, nextAllowances, usageRemaining, reservations, decision }: CustomerView,
  { productNames }: { productNames: ProductNames },
): LikelyCause[] {
  const isHeld = reservations.some(({ isOpen, held }) => isOpen && held > 0);
  if (usageRemaining > 0 || isHeld) return [];
  const findUsedLot = (subscriptionId: string) =>
    entitlements.findLast(
      ({ includedIn, status, unitsRemaining }) =>
        includedIn === subscriptionId && status === "active" && unitsRemaining === 0,
    );
  const subscription = entitlements.find(
    ({ entitlementId, usable }) => usable && findUsedLot(entitlementId) !== undefined,
  );
  const lot = findUsedLot(subscription?.entitlementId ?? "");
  if (subscription === undefined || lot === undefined) return [];
  const next = nextAllowances.find(({ entitlementId }) => entitlementId === subscription.entitlementId);
  const coming =
    next === undefined
      ? "No further units are scheduled."
      : `The next ${formatCount(next.units)} come ${formatRelativeTime(next.at, decision.at)}${
          next.isPaid ? "" : ", when the renewal is paid"
        }.`;
  return [
    {
      cause: "credits_gone",
      title: "Included units used up",
      text: `The customer has access, but no units of ${nameProduct(productNames, subscription.productCode)} are left. ${coming}`,
      actions: [
        { label: "Add units…", page: `./adjust?entitlement_id=${lot.entitlementId}` },
        grantAction(),
        { label: "View usage", page: ".?tab=usage#tabs" },
      ],
    },
  ];
}
