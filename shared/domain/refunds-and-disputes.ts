import type { Hold, Moment } from "./entitlement.ts";
import type { PaymentRecord } from "./stripe-record.ts";

/**
 * Returns when the payment was reversed in full, or `null` if it was not. Refunds (not failed, not
 * canceled) and lost disputes are summed against the amount paid.
 */
export function getFullReversalTime(record: PaymentRecord, amountPaid: number | null): Moment | null {
  if (amountPaid === null || amountPaid <= 0) return null;
  const refunds = Object.values(record.refunds)
    .filter(({ status }) => status !== "failed" && status !== "canceled")
    .map(({ amount, createdAt }) => ({ amount, at: createdAt }));
  const lost = Object.values(record.disputes)
    .filter(({ status }) => status === "lost")
    .map(({ amount, since }) => ({ amount, at: since }));
  let sum = 0;
  for (const { amount, at } of [...refunds, ...lost].sort((a, b) => a.at - b.at)) {
    sum += amount;
    if (sum >= amountPaid) return at;
  }
  return null;
}

/** Returns the holds that the payment's open disputes cause. Inquiries (`warning_…`) cause none. */
export function findDisputeHolds(record: PaymentRecord): Omit<Hold, "liftedAt">[] {
  return Object.values(record.disputes)
    .filter(({ status }) => status === "needs_response" || status === "under_review")
    .map(({ id, createdAt }) => ({
      causeId: id,
      reason: "dispute",
      placedAt: createdAt,
      periodEnd: record.invoice?.periodEnd ?? null,
    }));
}

/**
 * Replaces the holds with the current ones and keeps `liftedAt`: an event must not undo an operator's lift.
 */
export function updateHolds(before: Hold[], current: Omit<Hold, "liftedAt">[]): Hold[] {
  return current
    .toSorted((a, b) => (a.causeId < b.causeId ? -1 : 1))
    .map((hold) => ({
      ...hold,
      liftedAt: before.find(({ causeId }) => causeId === hold.causeId)?.liftedAt ?? null,
    }));
}
