import { packDays, passDays } from "../model/purchases.ts";
import type { Purchase, PurchaseKind } from "../model/truth.ts";
import { sumReversals } from "./reversals.ts";
import { farthest, type Verdict } from "./verdict.ts";

const daySeconds = 86_400;

export const toPurchasedProduct = (kind: PurchaseKind) => (kind === "usage_pack" ? "CREDITS" : "PASS");

/** Decides each one-time purchase that was paid. Passes take their time one after the other. */
export function decidePurchases(purchases: Purchase[], now: number): [product: string, verdict: Verdict][] {
  const paid = purchases.flatMap(({ paidAt, kind, sessionId, payment }) =>
    paidAt === null ? [] : [{ paidAt, kind, sessionId, reversal: sumReversals([payment], payment.amount) }],
  );
  const inQueue = paid.toSorted((a, b) => a.paidAt - b.paidAt || (a.sessionId < b.sessionId ? -1 : 1));
  let queueEnd = Number.NEGATIVE_INFINITY;
  return inQueue.map(({ paidAt, kind, reversal }) => {
    const product = toPurchasedProduct(kind);
    if (reversal.isFull) return [product, "refunded"];
    const blockers: Verdict[] = reversal.openDisputes.length > 0 ? ["payment_disputed"] : [];
    if (kind === "usage_pack") {
      if (now >= paidAt + packDays * daySeconds) blockers.push("usage_exhausted");
    } else {
      const start = Math.max(paidAt, queueEnd);
      queueEnd = start + passDays * daySeconds;
      if (now < start) blockers.push("not_started");
      if (now >= queueEnd) blockers.push("time_pass_expired");
    }
    return [product, farthest(blockers)];
  });
}
