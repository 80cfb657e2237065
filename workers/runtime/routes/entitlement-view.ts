import type { EntitlementView } from "../../../shared/contract/entitlements.ts";
import { getAvailability, statusAt, unitsLeftAt } from "../../../shared/domain/availability.ts";
import type { Entitlement, Moment } from "../../../shared/domain/entitlement.ts";
import type { SubjectSnapshot } from "../subject/rpc-types.ts";

/** Returns one entitlement as both reads show it at the moment of `snapshot`. */
export function entitlementView(
  entitlement: Entitlement,
  { at: now, reservedByEntitlement }: SubjectSnapshot,
): EntitlementView {
  const state = getAvailability(entitlement, now);
  return {
    entitlement_id: entitlement.entitlementId,
    kind: entitlement.kind,
    product_code: entitlement.productCode,
    status: statusAt(entitlement, now),
    available: state.usable,
    unavailable_reason: state.usable ? null : state.reason,
    usage_granted: entitlement.unitsGranted,
    usage_remaining: unitsLeftAt(entitlement, now),
    usage_reserved:
      entitlement.unitsGranted === null ? null : (reservedByEntitlement[entitlement.entitlementId] ?? 0),
    starts_at: isoTime(entitlement.startsAt),
    current_period_end: isoTime(entitlement.currentPeriodEnd),
    cancel_at_period_end: entitlement.cancelAtPeriodEnd,
    expires_at: isoTime(entitlement.expiresAt),
    canceled_at: isoTime(entitlement.canceledAt),
    source: entitlement.source,
    created_at: new Date(entitlement.createdAt).toISOString(),
    updated_at: new Date(entitlement.updatedAt).toISOString(),
  };
}

function isoTime(moment: Moment | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
