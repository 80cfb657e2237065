import { settleOneTime } from "./derive-one-time.ts";
import { deriveSubscription } from "./derive-subscription.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { applyEntry, type SubjectState, type Touched } from "./ledger.ts";
import type { PaymentRecord, SubscriptionRecord } from "./stripe-record.ts";
import { giveBack, takeBack, withClawBack } from "./take-back.ts";

/** Names the entitlement that a Stripe subscription gives for a product. */
export type EntitlementIdOf = (source: string) => string;

/**
 * Ends a right by an operator's word. What Stripe told before stands behind it and is only noted from then on; a
 * subscription comes back by itself when a later period is paid.
 */
export function revokeTouched(
  state: SubjectState,
  entitlement: Entitlement,
  entitlementIdOf: EntitlementIdOf,
  now: Moment,
): Touched[] {
  const { currentPeriodEnd, paidThrough } = entitlement;
  const ends = [currentPeriodEnd, paidThrough].filter((end) => end !== null);
  const revocation = { at: now, periodEnd: ends.length === 0 ? null : Math.max(...ends) };
  const record = subscriptionOf(state, entitlement);
  if (record !== null) return rederived(state, { ...entitlement, revocation }, record, entitlementIdOf, now);
  const revoked = { ...takeBack(entitlement, "revoked", now), revocation, updatedAt: now };
  return settleOneTime(state.entitlements, [withClawBack(entitlement, revoked)], null, now);
}

/** Gives a revoked right back, as it would be had it never been revoked: what Stripe told meanwhile takes effect. */
export function restoreTouched(
  state: SubjectState,
  entitlement: Entitlement,
  entitlementIdOf: EntitlementIdOf,
  now: Moment,
): Touched[] {
  const subscription = subscriptionOf(state, entitlement);
  if (subscription !== null)
    return rederived(state, { ...entitlement, revocation: null }, subscription, entitlementIdOf, now);
  const restored = { ...giveBack(entitlement), revocation: null, updatedAt: now };
  const payment = paymentOf(state, entitlement);
  return settleOneTime(state.entitlements, [withClawBack(entitlement, restored)], payment, now);
}

/** What the subscription's entitlements are when this one is so. */
function rederived(
  state: SubjectState,
  changed: Entitlement,
  record: SubscriptionRecord,
  entitlementIdOf: EntitlementIdOf,
  now: Moment,
): Touched[] {
  const next = applyEntry(state, { touched: [{ entitlement: changed, units: [] }], records: [] });
  const ofProduct = (productCode: string) => entitlementIdOf(`${record.recordId}/${productCode}`);
  // Grace was stamped when it became past due; nothing that an operator does begins it anew.
  return deriveSubscription(next, record, { graceDays: 0, entitlementIdOf: ofProduct }, now);
}

function subscriptionOf(state: SubjectState, { kind, purchase }: Entitlement): SubscriptionRecord | null {
  if (kind !== "subscription") return null;
  const record = state.records.get(purchase?.subscriptionId ?? "");
  return record?.type === "subscription" ? record : null;
}

function paymentOf(state: SubjectState, { purchase }: Entitlement): PaymentRecord | null {
  const record = state.records.get(purchase?.paymentIntentId ?? "");
  return record?.type === "payment" ? record : null;
}
