import type { Hold, Moment } from "./entitlement.ts";
import type { PaymentRecord } from "./stripe-record.ts";

/**
 * When the payment was taken back in full, or `null` while it is not: refunds that count (not failed, not canceled)
 * and lost disputes, summed against what was paid.
 */
export function takenBackAt(record: PaymentRecord, amountPaid: number | null): Moment | null {
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

/** The holds that open disputes of this payment cause. Inquiries (`warning_…`) cause none. */
export function disputeHolds(record: PaymentRecord): Omit<Hold, "liftedAt">[] {
  return Object.values(record.disputes)
    .filter(({ status }) => status === "needs_response" || status === "under_review")
    .map(({ id, createdAt }) => ({
      causeId: id,
      reason: "dispute",
      placedAt: createdAt,
      periodEnd: record.invoice?.periodEnd ?? null,
    }));
}

/** Sets the holds that stand now, keeping what an operator lifted: an event must not place it again. */
export function withHolds(before: Hold[], standing: Omit<Hold, "liftedAt">[]): Hold[] {
  return standing
    .toSorted((a, b) => (a.causeId < b.causeId ? -1 : 1))
    .map((hold) => ({
      ...hold,
      liftedAt: before.find(({ causeId }) => causeId === hold.causeId)?.liftedAt ?? null,
    }));
}
