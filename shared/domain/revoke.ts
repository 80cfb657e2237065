import { clawBack, recordClawBack, returnUnits } from "./clawback.ts";
import { deriveWithAllowances } from "./derive-with-allowances.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { applyEntry, type SubjectState, type TouchedEntitlement } from "./ledger.ts";
import { settlePurchases } from "./reverse-purchase.ts";
import { settleAllowances } from "./settle-allowances.ts";
import type { PaymentRecord, SubscriptionRecord } from "./stripe-record.ts";

/** Derives an entitlement's id from its source, such as `<subscription>/<product code>`. */
export type DeriveEntitlementId = (source: string) => string;

/**
 * Ends an entitlement by an operator's action. The revocation overrides Stripe's facts, which are only
 * recorded from then on. A subscription is restored automatically when a later period is paid
 * (`isPaidSince`).
 */
export function revokeEntitlement(
  state: SubjectState,
  entitlement: Entitlement,
  deriveEntitlementId: DeriveEntitlementId,
  now: Moment,
): TouchedEntitlement[] {
  const { currentPeriodEnd, paidThrough } = entitlement;
  const ends = [currentPeriodEnd, paidThrough].filter((end) => end !== null);
  const revocation = { at: now, periodEnd: ends.length === 0 ? null : Math.max(...ends) };
  const record = findSubscriptionRecord(state, entitlement);
  if (record !== null)
    return rederiveSubscription(state, { ...entitlement, revocation }, record, deriveEntitlementId, now);
  const revoked = { ...clawBack(entitlement, "revoked", now), revocation, updatedAt: now };
  return settlePurchases(state.entitlements, [recordClawBack(entitlement, revoked)], null, now);
}

/** Restores a revoked entitlement as if it had never been revoked. Facts received since then take effect. */
export function restoreEntitlement(
  state: SubjectState,
  entitlement: Entitlement,
  deriveEntitlementId: DeriveEntitlementId,
  now: Moment,
): TouchedEntitlement[] {
  const subscription = findSubscriptionRecord(state, entitlement);
  if (subscription !== null)
    return rederiveSubscription(
      state,
      { ...entitlement, revocation: null },
      subscription,
      deriveEntitlementId,
      now,
    );
  const restored = recordClawBack(entitlement, {
    ...returnUnits(entitlement),
    revocation: null,
    updatedAt: now,
  });
  if (entitlement.includedIn !== undefined) return settleIncluded(state, restored, now);
  return settlePurchases(state.entitlements, [restored], findPaymentRecord(state, entitlement), now);
}

/** Makes a restored lot of an allowance what its window is by now, such as refunded. */
function settleIncluded(
  state: SubjectState,
  restored: TouchedEntitlement,
  now: Moment,
): TouchedEntitlement[] {
  const { entitlementId } = restored.entitlement;
  const { entitlements } = applyEntry(state, { touched: [restored], records: [] });
  const settled = settleAllowances(entitlements, now);
  const own = settled.find(({ entitlement }) => entitlement.entitlementId === entitlementId);
  const units = [...restored.units, ...(own?.units ?? [])];
  return [{ ...(own ?? restored), units }, ...settled.filter((each) => each !== own)];
}

/** Derives the subscription's entitlements again, with `changed` in place of its current version. */
function rederiveSubscription(
  state: SubjectState,
  changed: Entitlement,
  record: SubscriptionRecord,
  deriveEntitlementId: DeriveEntitlementId,
  now: Moment,
): TouchedEntitlement[] {
  const next = applyEntry(state, { touched: [{ entitlement: changed, units: [] }], records: [] });
  // Grace was set when the subscription became past due. An operator's action never restarts it.
  return deriveWithAllowances(next, record, { graceDays: 0, deriveEntitlementId }, now);
}

function findSubscriptionRecord(
  state: SubjectState,
  { kind, purchase }: Entitlement,
): SubscriptionRecord | null {
  if (kind !== "subscription") return null;
  const record = state.records.get(purchase?.subscriptionId ?? "");
  return record?.type === "subscription" ? record : null;
}

function findPaymentRecord(state: SubjectState, { purchase }: Entitlement): PaymentRecord | null {
  const record = state.records.get(purchase?.paymentIntentId ?? "");
  return record?.type === "payment" ? record : null;
}
