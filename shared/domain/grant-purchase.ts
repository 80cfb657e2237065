import { buildEntitlement } from "./build-entitlement.ts";
import { dayMs, type Entitlement, type GrantTerms, type Moment, type Purchase } from "./entitlement.ts";
import { undoExpiry } from "./expire.ts";
import type { SubjectState, TouchedEntitlement } from "./ledger.ts";
import { settlePurchases } from "./reverse-purchase.ts";

/**
 * The source of the time paid. An event gives the time of the payment's success itself. A read gives the time
 * of its balance transaction, which may differ by a second. Where there is none, the time is an estimate: a
 * charge may be older than its success, and a free session shows only that it was completed by the time of
 * the read.
 */
export type PaidAtSource = "event" | "read" | "estimate";

/** A one-time purchase that Stripe reports as paid. */
export interface PurchaseFact {
  type: "purchase";
  terms: GrantTerms;
  paidAt: Moment;
  paidAtFrom: PaidAtSource;
  purchase: Purchase;
}

/**
 * Grants a purchase once, however often Stripe reports it: `entitlementId` is derived from the purchase. A
 * refund or dispute that arrived before the grant is stored in the payment's record and takes effect here.
 */
export function grantPurchase(
  state: SubjectState,
  { terms, paidAt, paidAtFrom, purchase }: PurchaseFact,
  entitlementId: string,
  now: Moment,
): TouchedEntitlement[] {
  const known = state.entitlements.get(entitlementId);
  if (known !== undefined)
    return isBetter({ paidAt, paidAtFrom }, known)
      ? correctPaidAt(state, known, paidAt, paidAtFrom, now)
      : [];
  const { units, expiresAfterDays } = terms;
  const granted = buildEntitlement(
    {
      entitlementId,
      kind: terms.kind,
      productCode: terms.productCode,
      source: "stripe",
      unitsGranted: units,
      unitsRemaining: units,
      durationDays: terms.durationDays,
      paidAt,
      ...(paidAtFrom === "event" ? {} : { paidAtFrom }),
      // A pass gets its window from the queue of all passes of its product.
      expiresAt: expiresAfterDays === null ? null : paidAt + expiresAfterDays * dayMs,
      purchase,
    },
    now,
  );
  const touched: TouchedEntitlement = {
    entitlement: granted,
    units: units === null ? [] : [{ movement: "granted", change: units }],
  };
  const record = purchase.paymentIntentId === null ? undefined : state.records.get(purchase.paymentIntentId);
  return settlePurchases(state.entitlements, [touched], record?.type === "payment" ? record : null, now);
}

const precision: Record<PaidAtSource, number> = { estimate: 0, read: 1, event: 2 };

/** Returns whether the reported time replaces the known one. Of two estimates, the earlier one is closer. */
function isBetter(reported: { paidAt: Moment; paidAtFrom: PaidAtSource }, known: Entitlement): boolean {
  const paidAtFrom: PaidAtSource = known.paidAtFrom ?? "event";
  if (reported.paidAtFrom !== paidAtFrom) return precision[reported.paidAtFrom] > precision[paidAtFrom];
  return paidAtFrom !== "event" && reported.paidAt < known.paidAt;
}

/**
 * Moves a purchase to a better known time, with what depends on that time. What expired under the former time
 * is as if it had not; the expiry alarm checks it again.
 */
function correctPaidAt(
  state: SubjectState,
  known: Entitlement,
  paidAt: Moment,
  paidAtFrom: PaidAtSource,
  now: Moment,
): TouchedEntitlement[] {
  const { paidAtFrom: _, ...rest } = undoExpiry(known);
  const shift = (moment: Moment | null) => (moment === null ? null : moment + paidAt - known.paidAt);
  const corrected: Entitlement = {
    ...rest,
    ...(paidAtFrom === "event" ? {} : { paidAtFrom }),
    paidAt,
    // The window of a pass follows from the queue of all passes.
    startsAt: shift(known.startsAt),
    expiresAt: shift(known.expiresAt),
    updatedAt: now,
  };
  const returned = (corrected.unitsRemaining ?? 0) - (known.unitsRemaining ?? 0);
  const record = state.records.get(known.purchase?.paymentIntentId ?? "");
  return settlePurchases(
    state.entitlements,
    [{ entitlement: corrected, units: returned === 0 ? [] : [{ movement: "expired", change: returned }] }],
    record?.type === "payment" ? record : null,
    now,
  );
}
