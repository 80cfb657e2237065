import { type CustomerStatus, type DenialReason, denialReasons } from "../contract/enums.ts";
import { type Availability, getAvailability } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";

/** The answer to "may this subject proceed?", with the entitlement that decided it. */
export type Decision =
  | { allowed: true; entitlementId: string }
  | { allowed: false; reason: DenialReason; entitlementId: string | null };

/**
 * Decides access from all entitlements of a subject at `now`. Access is allowed when at least one is
 * usable, otherwise denied with the reason nearest to access. Pure: the same entitlements and moment always
 * give the same decision.
 */
export function decideAccess(entitlements: Iterable<Entitlement>, now: Moment): Decision {
  return decideWith(withoutAllowances(entitlements), (entitlement) => getAvailability(entitlement, now));
}

/** The units of an allowance never decide about access: the subscription that includes them does. */
function* withoutAllowances(entitlements: Iterable<Entitlement>): Iterable<Entitlement> {
  for (const entitlement of entitlements) if (entitlement.includedIn === undefined) yield entitlement;
}

/** Decides access from the availability of each entitlement. */
export function decideWith<T extends Pick<Entitlement, "entitlementId">>(
  entitlements: Iterable<T>,
  availabilityOf: (entitlement: T) => Availability,
): Decision {
  let nearest: { rank: number; entitlementId: string } | null = null;
  for (const entitlement of entitlements) {
    const state = availabilityOf(entitlement);
    if (state.usable) return { allowed: true, entitlementId: entitlement.entitlementId };
    const rank = denialReasons.indexOf(state.reason);
    if (nearest === null || rank < nearest.rank) nearest = { rank, entitlementId: entitlement.entitlementId };
  }
  const reason = nearest === null ? undefined : denialReasons[nearest.rank];
  return {
    allowed: false,
    reason: reason ?? "no_entitlement",
    entitlementId: nearest?.entitlementId ?? null,
  };
}

/** Maps a decision to the customer's status, as `GET /v1/customer/access` returns it. */
export function toCustomerStatus(decision: Decision): CustomerStatus {
  if (decision.allowed) return "active";
  switch (decision.reason) {
    case "payment_past_due":
    case "payment_disputed":
    case "payment_refunded":
    case "subscription_incomplete":
      return "past_due";
    case "subscription_paused":
      return "paused";
    case "usage_exhausted":
      return "exhausted";
    case "time_pass_expired":
      return "expired";
    case "subscription_ended":
    case "refunded":
    case "revoked":
      return "canceled";
    case "not_started":
    case "no_entitlement":
      return "none";
  }
}
