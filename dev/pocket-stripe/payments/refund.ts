import type { Context } from "../context.ts";
import { invalidRequest, missingParameter } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import { recordBalance } from "./balance-transaction.ts";

type Charge = StripeObjects["charge"];
type Refund = StripeObjects["refund"];

/** Finds the named charge, or the charge of the named payment intent. */
export function findCharge(
  context: Context,
  named: { charge?: string | undefined; payment_intent?: string | undefined },
): Charge {
  if (named.charge !== undefined) return context.objects.get("charge", named.charge, "charge");
  if (named.payment_intent === undefined) throw missingParameter("payment_intent");
  const intent = context.objects.get("payment_intent", named.payment_intent, "payment_intent");
  if (typeof intent.latest_charge === "string") return context.objects.get("charge", intent.latest_charge);
  throw invalidRequest(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
    param: "payment_intent",
  });
}

export interface RefundOrder {
  /** Defaults to the remaining amount. */
  amount: number | undefined;
  /**
   * Defaults to the charge's. Stripe refunds in no other currency: a control makes one to show what a reader
   * does with amounts that can't be compared. It leaves `amount_refunded` of the charge alone.
   */
  currency?: string | undefined;
  reason: Refund["reason"];
  metadata: Record<string, string>;
}

/**
 * Refunds a charge. A card refund succeeds at once. A bank debit refund is pending until a control finishes
 * it.
 */
export function createRefund(context: Context, charge: Charge, order: RefundOrder): Refund {
  const currency = order.currency ?? charge.currency;
  const amount =
    currency === charge.currency
      ? refundableAmount(context, charge, order.amount)
      : foreignAmount(charge, order.amount);
  const byCard = charge.payment_method_details?.type === "card";
  const unrecorded: Refund = {
    id: newId("re"),
    object: "refund",
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: context.now,
    currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: byCard
      ? {
          card: { reference_status: "pending", reference_type: "acquirer_reference_number", type: "refund" },
          type: "card",
        }
      : { type: "eu_bank_transfer" },
    metadata: order.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: order.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: byCard ? "succeeded" : "pending",
    transfer_reversal: null,
  };
  const { id: transaction } = recordBalance(context, "refund", { ...unrecorded, amount: -amount });
  const refund: Refund = { ...unrecorded, balance_transaction: transaction };
  context.objects.insert(refund, { created: context.now, parent: charge.id });
  const refunded = charge.amount_refunded + (currency === charge.currency ? amount : 0);
  emitEvent(context, "refund.created", refund);
  changeObject(context, "charge.refunded", charge, {
    ...charge,
    amount_refunded: refunded,
    refunded: refunded === charge.amount,
  });
  return refund;
}

/** Sets the final status of a refund. A failed refund returns the money to the shop. */
export function finishRefund(context: Context, refund: Refund, status: "succeeded" | "failed"): Refund {
  if (refund.status !== "pending" && !(refund.status === "succeeded" && status === "failed")) {
    throw invalidRequest(`A refund that is ${refund.status} can't become ${status}.`);
  }
  const finished = changeObject(context, "refund.updated", refund, {
    ...refund,
    status,
    ...(status === "failed"
      ? {
          failure_balance_transaction: recordBalance(context, "refund_failure", refund).id,
          failure_reason: "expired_or_canceled_card",
        }
      : {}),
  });
  emitEvent(context, "charge.refund.updated", finished);
  if (status === "failed") {
    const charge = context.objects.get("charge", String(refund.charge));
    emitEvent(context, "refund.failed", finished);
    const returned = refund.currency === charge.currency ? refund.amount : 0;
    const amountRefunded = charge.amount_refunded - returned;
    changeObject(context, "charge.updated", charge, {
      ...charge,
      amount_refunded: amountRefunded,
      refunded: amountRefunded === charge.amount,
    });
  }
  return finished;
}

function foreignAmount(charge: Charge, amount: number | undefined): number {
  if (charge.status !== "succeeded") {
    throw invalidRequest(`Charge ${charge.id} is ${charge.status}; it can't be refunded.`);
  }
  if (amount === undefined) throw missingParameter("amount");
  return amount;
}

function refundableAmount(context: Context, charge: Charge, requested: number | undefined): number {
  if (charge.status !== "succeeded") {
    throw invalidRequest(`Charge ${charge.id} is ${charge.status}; it can't be refunded.`);
  }
  const lost = context.objects
    .list("dispute", "/v1/disputes", { parent: charge.id })
    .data.some(({ is_charge_refundable: refundable }) => !refundable);
  if (lost) {
    throw invalidRequest(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: "charge_disputed",
    });
  }
  const remaining = charge.amount - charge.amount_refunded;
  if (remaining === 0) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, {
      code: "charge_already_refunded",
    });
  }
  if (requested !== undefined && requested > remaining) {
    throw invalidRequest(
      `Refund amount (${requested}) is greater than unrefunded amount on charge (${remaining})`,
      {
        param: "amount",
      },
    );
  }
  return requested ?? remaining;
}
