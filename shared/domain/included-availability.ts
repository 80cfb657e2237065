import type { DenialReason } from "../contract/enums.ts";
import { type Availability, findBlockers, getAvailability, toAvailability } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";

/**
 * Returns whether an entitlement can be used at `now` as one of `entitlements`, and the reason if not. A lot of an
 * allowance is blocked by what blocks its subscription.
 *
 * A product that its subscription left keeps the lots that were paid for, as long as the plan that took its place is
 * usable.
 */
export function getIncludedAvailability(
  entitlement: Entitlement,
  entitlements: Iterable<Entitlement>,
  now: Moment,
): Availability {
  return toAvailability(findIncludedBlockers(entitlement, entitlements, now));
}

/** Lists every reason that blocks use of the entitlement as one of `entitlements`; empty when it is usable. */
export function findIncludedBlockers(
  entitlement: Entitlement,
  entitlements: Iterable<Entitlement>,
  now: Moment,
): DenialReason[] {
  const own = findBlockers(entitlement, now);
  if (entitlement.includedIn === undefined) return own;
  const included = getSubscriptionAvailability(entitlement.includedIn, [...entitlements], now);
  return included.usable ? own : [...own, included.reason];
}

function getSubscriptionAvailability(id: string, entitlements: Entitlement[], now: Moment): Availability {
  const subscription = entitlements.find(({ entitlementId }) => entitlementId === id);
  if (subscription === undefined) return { usable: false, reason: "no_entitlement" };
  const own = getAvailability(subscription, now);
  if (own.usable || own.reason !== "subscription_ended") return own;
  const subscriptionId = subscription.purchase?.subscriptionId;
  const isSuccessor = ({ kind, purchase }: Entitlement) =>
    kind === "subscription" && subscriptionId != null && purchase?.subscriptionId === subscriptionId;
  const successor = entitlements
    .filter(isSuccessor)
    .map((each) => getAvailability(each, now))
    .find(({ usable }) => usable);
  return successor ?? own;
}
