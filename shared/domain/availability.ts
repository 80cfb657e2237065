import { type DenialReason, denialReasons, type EntitlementStatus } from "../contract/words.ts";
import type { Entitlement, Hold, Moment } from "./entitlement.ts";

export type Availability = { usable: true } | { usable: false; reason: DenialReason };

/** Whether `hold` still blocks: not lifted, and no later period of the subscription paid. */
export function isHoldEffective(hold: Hold, entitlement: Entitlement): boolean {
  if (hold.liftedAt !== null) return false;
  if (hold.periodEnd === null || entitlement.paidThrough === null) return true;
  return entitlement.paidThrough <= hold.periodEnd;
}

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
    // Units of a lot that expired are gone like spent ones: the way back is the same, to buy more.
    case "usage_pack":
      return "usage_exhausted";
    case "subscription":
      return "subscription_ended";
  }
}

export function hasExpired(entitlement: Entitlement, now: Moment): boolean {
  return entitlement.expiresAt !== null && now >= entitlement.expiresAt;
}

/** Everything that stands between this entitlement and its use at `now`; empty when it is usable. */
export function blockers(entitlement: Entitlement, now: Moment): DenialReason[] {
  if (entitlement.status === "canceled") return [canceledReason(entitlement)];
  const found: DenialReason[] = [];
  if (hasExpired(entitlement, now)) found.push(expiredReason(entitlement));
  if (entitlement.startsAt !== null && now < entitlement.startsAt) found.push("not_started");
  if (entitlement.kind === "usage_pack" && entitlement.unitsRemaining === 0) found.push("usage_exhausted");
  if (entitlement.status === "paused") found.push("subscription_paused");
  const inGrace = entitlement.graceUntil !== null && now < entitlement.graceUntil;
  if (entitlement.status === "past_due" && !inGrace) found.push(pastDueReason(entitlement));
  for (const hold of entitlement.holds) {
    if (isHoldEffective(hold, entitlement))
      found.push(hold.reason === "dispute" ? "payment_disputed" : "payment_past_due");
  }
  return found;
}

/**
 * Whether the entitlement can be used at `now`, and if not, why.
 *
 * Of several blockers all would have to go, so the one farthest from access (the last of `denialReasons`) is told.
 */
export function availability(entitlement: Entitlement, now: Moment): Availability {
  const found = blockers(entitlement, now);
  const farthest = denialReasons.findLast((reason) => found.includes(reason));
  return farthest === undefined ? { usable: true } : { usable: false, reason: farthest };
}

/** The status to show at `now`: an alarm that is late must not show an ended right as active. */
export function statusAt(entitlement: Entitlement, now: Moment): EntitlementStatus {
  if (entitlement.status === "active" && hasExpired(entitlement, now)) return "expired";
  if (entitlement.status === "active" && entitlement.holds.some((hold) => isHoldEffective(hold, entitlement)))
    return "past_due";
  return entitlement.status;
}

/** Units that can still be spent from this entitlement at `now`; `null` for kinds that have none. */
export function unitsLeftAt(entitlement: Entitlement, now: Moment): number | null {
  if (entitlement.unitsRemaining === null) return null;
  return hasExpired(entitlement, now) ? 0 : entitlement.unitsRemaining;
}
