import type { Entitlement, Moment } from "./entitlement.ts";

/** Builds an active entitlement from defaults. `fields` overrides them. */
export function buildEntitlement(
  fields: Partial<Entitlement> &
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
    startsAt: fields.paidAt,
    expiresAt: null,
    currentPeriodEnd: null,
    cancelAtPeriodEnd: null,
    pastDueSince: null,
    graceUntil: null,
    paidThrough: null,
    coveredUntil: null,
    canceledAt: null,
    revocation: null,
    holds: [],
    flags: [],
    createdAt: now,
    updatedAt: now,
    ...fields,
  };
}
