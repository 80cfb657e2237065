import type { Entitlement, Moment } from "./entitlement.ts";

/** An entitlement with nothing but what every one has; `more` says what it is. */
export function newEntitlement(
  more: Partial<Entitlement> &
    Pick<Entitlement, "entitlementId" | "kind" | "productCode" | "source" | "paidAt" | "purchase">,
  now: Moment,
): Entitlement {
  return {
    status: "active",
    statusReason: null,
    unitsGranted: null,
    unitsRemaining: null,
    unitsClawedBack: null,
    durationDays: null,
    startsAt: more.paidAt,
    expiresAt: null,
    currentPeriodEnd: null,
    cancelAtPeriodEnd: null,
    pastDueSince: null,
    graceUntil: null,
    paidThrough: null,
    canceledAt: null,
    revocation: null,
    holds: [],
    flags: [],
    createdAt: now,
    updatedAt: now,
    ...more,
  };
}
