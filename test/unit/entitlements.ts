import type { Entitlement } from "../../shared/domain/entitlement.ts";

/** An entitlement that is active and has nothing special, with `change` applied. */
export function entitlement(change: Partial<Entitlement> & Pick<Entitlement, "kind">): Entitlement {
  return {
    entitlementId: "ent_1",
    productCode: "PRODUCT",
    source: "stripe",
    status: "active",
    statusReason: null,
    unitsGranted: change.kind === "usage_pack" ? 100 : null,
    unitsRemaining: null,
    durationDays: null,
    paidAt: 0,
    startsAt: null,
    expiresAt: null,
    currentPeriodEnd: null,
    cancelAtPeriodEnd: null,
    graceUntil: null,
    canceledAt: null,
    holds: [],
    purchase: null,
    createdAt: 0,
    updatedAt: 0,
    ...change,
  };
}
