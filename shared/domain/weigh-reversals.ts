import type { Flag, Moment } from "./entitlement.ts";
import type { DisputeStatus, PaymentRecord, RefundStatus, Reversal } from "./stripe-record.ts";

/** The money that refunds and disputes took back from one purchase or invoice. */
export interface ReversalSum {
  /** When all of it was gone, or `null`. */
  fullyReversedAt: Moment | null;
  /** `null` when fully reversed. */
  part: "partly_refunded" | "partly_lost" | null;
  /** A refund or dispute, open or lost, is in another currency than the payment. It is not summed. */
  hasOtherCurrency: boolean;
}

/**
 * Losing this share of a payment counts as losing it all once a dispute is lost. A dispute may be slightly
 * smaller than the charge, because banks convert currencies.
 */
const lostShare = 0.95;

const isCounted = ({ status }: Reversal<RefundStatus>) => status !== "failed" && status !== "canceled";
const isLost = ({ status }: Reversal<DisputeStatus>) => status === "lost";

/**
 * Sums refunds (not failed, not canceled) and lost disputes of all payments of one purchase or invoice against
 * the amount paid. The money is gone when nothing is left, or when a dispute was lost and less than 5 % is
 * left.
 */
export function weighReversals(
  payments: PaymentRecord[],
  paid: { amount: number | null; currency: string | null },
): ReversalSum {
  const all = payments.flatMap(({ refunds, disputes }) => [
    ...Object.values(refunds)
      .filter(isCounted)
      .map(({ amount, currency, createdAt }) => ({ amount, currency, at: createdAt, isLost: false })),
    ...Object.values(disputes)
      .filter(isLost)
      .map(({ amount, currency, since }) => ({ amount, currency, at: since, isLost: true })),
  ]);
  const isOtherCurrency = ({ currency }: { currency?: string | undefined }) =>
    currency !== undefined && paid.currency !== null && currency !== paid.currency;
  const counted = all.filter((each) => !isOtherCurrency(each)).toSorted((a, b) => a.at - b.at);
  const hasOtherCurrency = counted.length < all.length || findOpenDisputes(payments).some(isOtherCurrency);
  const hasLost = counted.some((reversal) => reversal.isLost);
  const part = counted.length === 0 ? null : hasLost ? "partly_lost" : "partly_refunded";
  if (paid.amount === null || paid.amount <= 0)
    return { fullyReversedAt: null, part: null, hasOtherCurrency };
  let sum = 0;
  let isAnyLost = false;
  for (const reversal of counted) {
    sum += reversal.amount;
    isAnyLost ||= reversal.isLost;
    if (sum >= paid.amount * (isAnyLost ? lostShare : 1))
      return { fullyReversedAt: reversal.at, part: null, hasOtherCurrency };
  }
  return { fullyReversedAt: null, part, hasOtherCurrency };
}

/** An appeal reopens a dispute that was decided. */
const openStatuses: readonly DisputeStatus[] = [
  "needs_response",
  "under_review",
  "appeal_needs_response",
  "appeal_under_review",
];

/** Returns the disputes that are open. Inquiries (`warning_…`) and prevented ones withdraw no money. */
export function findOpenDisputes(payments: PaymentRecord[]): Reversal<DisputeStatus>[] {
  return payments.flatMap(({ disputes }) =>
    Object.values(disputes).filter(({ status }) => openStatuses.includes(status)),
  );
}

export const listDisputeIds = ({ disputes }: PaymentRecord): string[] => Object.keys(disputes);

export function toReversalFlags({ part, hasOtherCurrency }: ReversalSum): Flag[] {
  return [
    ...(part === null ? [] : [part]),
    ...(hasOtherCurrency ? ["reversal_in_other_currency" as const] : []),
  ];
}
