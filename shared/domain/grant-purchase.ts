import { buildEntitlement } from "./build-entitlement.ts";
import { settlePurchases } from "./derive-purchase.ts";
import { dayMs, type GrantTerms, type Moment, type Purchase } from "./entitlement.ts";
import type { SubjectState, TouchedEntitlement } from "./ledger.ts";

/** A one-time purchase that Stripe reports as paid. */
export interface PurchaseFact {
  type: "purchase";
  terms: GrantTerms;
  paidAt: Moment;
  purchase: Purchase;
}

/**
 * Grants a purchase once, however often Stripe reports it: `entitlementId` is derived from the purchase. A
 * refund or dispute that arrived before the grant is stored in the payment's record and takes effect here.
 */
export function grantPurchase(
  state: SubjectState,
  { terms, paidAt, purchase }: PurchaseFact,
  entitlementId: string,
  now: Moment,
): TouchedEntitlement[] {
  if (state.entitlements.has(entitlementId)) return [];
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
