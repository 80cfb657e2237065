import { buildEntitlement } from "./build-entitlement.ts";
import { dayMs, type Entitlement, type GrantTerms, type Moment, type Purchase } from "./entitlement.ts";
import type { SubjectState, TouchedEntitlement } from "./ledger.ts";
import { settlePurchases } from "./reverse-purchase.ts";

/** A one-time purchase that Stripe reports as paid. */
export interface PurchaseFact {
  type: "purchase";
  terms: GrantTerms;
  paidAt: Moment;
  /**
   * An event gives the time of the payment's success itself. A read gives the time of its balance transaction,
   * which may differ by a second.
   */
  paidAtFrom: "event" | "read";
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
    return paidAtFrom === "event" && known.paidAtFrom === "read"
      ? correctPaidAt(state, known, paidAt, now)
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
      ...(paidAtFrom === "read" ? { paidAtFrom } : {}),
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

/** Moves a purchase to the time that the event of its payment gives, with what depends on that time. */
function correctPaidAt(
  state: SubjectState,
  known: Entitlement,
  paidAt: Moment,
  now: Moment,
): TouchedEntitlement[] {
  const { paidAtFrom: _, ...rest } = known;
  const shift = (moment: Moment | null) => (moment === null ? null : moment + paidAt - known.paidAt);
  // What expired under the former time stays expired: its units are gone from the balance.
  const isMoving = known.status !== "expired";
  const corrected: Entitlement = {
    ...rest,
    paidAt,
    // The window of a pass follows from the queue of all passes.
    startsAt: isMoving ? shift(known.startsAt) : known.startsAt,
    expiresAt: isMoving ? shift(known.expiresAt) : known.expiresAt,
    updatedAt: now,
  };
  const record = state.records.get(known.purchase?.paymentIntentId ?? "");
  return settlePurchases(
    state.entitlements,
    [{ entitlement: corrected, units: [] }],
    record?.type === "payment" ? record : null,
    now,
  );
}
