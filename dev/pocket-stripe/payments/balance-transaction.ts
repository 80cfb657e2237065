import type { Context } from "../context.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";

type BalanceTransaction = StripeObjects["balance_transaction"];

/** Stripe's `type` of each kind of movement. Payments that are not by card have their own types. */
const types = {
  charge: { card: "charge", other: "payment", fee: chargeFee },
  refund: { card: "refund", other: "payment_refund", fee: noFee },
  refund_failure: { card: "refund_failure", other: "payment_failure_refund", fee: noFee },
  dispute: { card: "adjustment", other: "adjustment", fee: () => 1_500 },
  dispute_reversal: { card: "adjustment", other: "adjustment", fee: noFee },
} as const;

interface Movement {
  /** The charge, refund or dispute that moved the funds. */
  id: string;
  /** Positive for funds that came in. */
  amount: number;
  currency: string;
  /** Absent on a charge itself. */
  charge?: unknown;
}

/**
 * Records that funds moved now, and returns the transaction. It stays in the currency of its source: the
 * account settles in all currencies, and the funds are available at once.
 */
export function recordBalance(
  context: Context,
  category: keyof typeof types,
  { id, amount, currency, charge }: Movement,
): BalanceTransaction {
  const paid = context.objects.get("charge", typeof charge === "string" ? charge : id);
  const { fee: feeOf, ...names } = types[category];
  const fee = feeOf(amount);
  const transaction: BalanceTransaction = {
    id: newId("txn"),
    object: "balance_transaction",
    amount,
    available_on: context.now,
    balance_type: "payments",
    created: context.now,
    currency,
    description: paid.description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [{ amount: fee, application: null, currency, description: "Stripe fee", type: "stripe_fee" }],
    net: amount - fee,
    reporting_category: category,
    source: id,
    status: "available",
    type: paid.payment_method_details?.type === "card" ? names.card : names.other,
  };
  context.objects.insert(transaction, { created: context.now });
  return transaction;
}

function chargeFee(amount: number): number {
  return Math.round(amount * 0.029) + 30;
}

function noFee(): number {
  return 0;
}
