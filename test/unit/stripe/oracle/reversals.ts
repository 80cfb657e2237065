import type { Dispute, Payment } from "../model/truth.ts";

/** What was taken back of an amount that one or more payments paid. */
export interface Reversal {
  /** The whole amount was taken back. */
  isFull: boolean;
  /** When the refund or dispute that made it full was created; `null` while it is not full. */
  fullSince: number | null;
  openDisputes: Dispute[];
  isPartlyRefunded: boolean;
  isPartlyLost: boolean;
  hasOtherCurrency: boolean;
}

const lostPercent = 95;

/**
 * Sums refunds that count and lost disputes over all payments. A lost dispute makes the reversal full at 95 % of
 * the amount paid. Other currencies are never compared.
 */
export function sumReversals(payments: Payment[], amountPaid: number): Reversal {
  const refunds = payments.flatMap(({ refunds, currency }) =>
    refunds
      .filter(({ status }) => status !== "failed" && status !== "canceled")
      .map((refund) => ({ ...refund, isComparable: refund.currency === currency })),
  );
  const disputes = payments.flatMap(({ disputes, currency }) =>
    disputes.map((dispute) => ({ ...dispute, isComparable: dispute.currency === currency })),
  );
  const lost = disputes.filter(({ status }) => status === "lost");
  const openDisputes = disputes.filter(
    ({ status }) => status === "needs_response" || status === "under_review",
  );
  const comparableLost = lost.filter(({ isComparable }) => isComparable);
  const neededPercent = comparableLost.length > 0 ? lostPercent : 100;
  const counted = [...refunds.filter(({ isComparable }) => isComparable), ...comparableLost];
  let sum = 0;
  let fullSince: number | null = null;
  for (const { amount, createdAt } of counted.toSorted((a, b) => a.createdAt - b.createdAt)) {
    sum += amount;
    if (fullSince === null && sum * 100 >= amountPaid * neededPercent) fullSince = createdAt;
  }
  const isFull = fullSince !== null;
  return {
    isFull,
    fullSince,
    openDisputes,
    isPartlyRefunded: !isFull && counted.length > comparableLost.length,
    isPartlyLost: !isFull && comparableLost.length > 0,
    hasOtherCurrency: [...refunds, ...lost, ...openDisputes].some(({ isComparable }) => !isComparable),
  };
}
