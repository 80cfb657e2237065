import type { EntitlementView } from "../contract/entitlements.ts";
import { statusAt, unitsLeftAt } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { getIncludedAvailability } from "./included-availability.ts";

/** What a view needs of a snapshot of a subject. */
export interface SnapshotMoment {
  at: Moment;
  /** All entitlements of the subject. */
  entitlements: readonly Entitlement[];
  /** Units that open reservations hold, by entitlement. */
  reservedByEntitlement: Record<string, number>;
}

/** Returns one entitlement as both reads show it at the moment of `snapshot`. */
export function entitlementView(
  entitlement: Entitlement,
  { at: now, entitlements, reservedByEntitlement }: SnapshotMoment,
): EntitlementView {
  const state = getIncludedAvailability(entitlement, entitlements, now);
  return {
    entitlement_id: entitlement.entitlementId,
    kind: entitlement.kind,
    product_code: entitlement.productCode,
    included_in: entitlement.includedIn ?? null,
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
