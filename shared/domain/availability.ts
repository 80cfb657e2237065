import { type DenialReason, denialReasons, type EntitlementStatus } from "../contract/enums.ts";
import type { Entitlement, Hold, Moment } from "./entitlement.ts";

export type Availability = { usable: true } | { usable: false; reason: DenialReason };

/** Returns whether the hold blocks at `now`: not lifted, and within its window. */
export function isHoldEffective(hold: Hold, { paidThrough }: Entitlement, now: Moment): boolean {
  if (hold.liftedAt !== null) return false;
  if (hold.window === undefined)
    return hold.periodEnd == null || paidThrough === null || paidThrough <= hold.periodEnd;
  const { from, until } = hold.window;
  return (from === null || now >= from) && (until === null || now < until);
}

const holdReasons: Record<Hold["reason"], DenialReason> = {
  dispute: "payment_disputed",
  refund: "payment_refunded",
};

function canceledReason(entitlement: Entitlement): DenialReason {
  if (entitlement.statusReason === "refunded" || entitlement.statusReason === "revoked")
    return entitlement.statusReason;
  return "subscription_ended";
}

function pastDueReason(entitlement: Entitlement): DenialReason {
  return entitlement.statusReason === "subscription_incomplete"
    ? "subscription_incomplete"
    : "payment_past_due";
}

function expiredReason(entitlement: Entitlement): DenialReason {
  switch (entitlement.kind) {
    case "time_pass":
      return "time_pass_expired";
    // Expired units are gone like spent ones, and the remedy is the same: buy more.
    case "usage_pack":
      return "usage_exhausted";
    case "subscription":
      return "subscription_ended";
  }
}

export function hasExpired(entitlement: Entitlement, now: Moment): boolean {
  return entitlement.expiresAt !== null && now >= entitlement.expiresAt;
}

/** Lists every reason that blocks use of the entitlement at `now`; empty when it is usable. */
export function findBlockers(entitlement: Entitlement, now: Moment): DenialReason[] {
  if (entitlement.status === "canceled") return [canceledReason(entitlement)];
  const found: DenialReason[] = [];
  if (hasExpired(entitlement, now)) found.push(expiredReason(entitlement));
  if (entitlement.startsAt !== null && now < entitlement.startsAt) found.push("not_started");
  if (entitlement.kind === "usage_pack" && entitlement.unitsRemaining === 0) found.push("usage_exhausted");
  if (entitlement.status === "paused") found.push("subscription_paused");
  const usableUntil = Math.max(entitlement.graceUntil ?? 0, entitlement.coveredUntil ?? 0);
  if (entitlement.status === "past_due" && now >= usableUntil) found.push(pastDueReason(entitlement));
  for (const hold of entitlement.holds)
    if (isHoldEffective(hold, entitlement, now)) found.push(holdReasons[hold.reason]);
  return found;
}

/**
 * Returns whether the entitlement can be used at `now`, and the reason if not.
 *
 * Access requires every blocker to be removed, so the one farthest from access (the last in `denialReasons`)
 * is reported.
 */
export function getAvailability(entitlement: Entitlement, now: Moment): Availability {
  return toAvailability(findBlockers(entitlement, now));
}

/** Returns the availability that blockers give, in any order. */
export function toAvailability(found: readonly DenialReason[]): Availability {
  const farthest = denialReasons.findLast((reason) => found.includes(reason));
  return farthest === undefined ? { usable: true } : { usable: false, reason: farthest };
}

/** Returns the status to show at `now`: a late alarm must not show an ended entitlement as active. */
export function statusAt(entitlement: Entitlement, now: Moment): EntitlementStatus {
  if (entitlement.status === "active" && hasExpired(entitlement, now)) return "expired";
  if (
    entitlement.status === "active" &&
    entitlement.holds.some((hold) => isHoldEffective(hold, entitlement, now))
  )
    return "past_due";
  return entitlement.status;
}

/** Returns the unspent, unexpired units of the entitlement at `now`; `null` for kinds without units. */
export function unitsLeftAt(entitlement: Entitlement, now: Moment): number | null {
  if (entitlement.unitsRemaining === null) return null;
  return hasExpired(entitlement, now) ? 0 : entitlement.unitsRemaining;
}
