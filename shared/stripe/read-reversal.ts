import type Stripe from "stripe";
import type { Said } from "../domain/merge-payment.ts";
import type { DisputeStatus, RefundStatus } from "../domain/stripe-record.ts";
import { fromSeconds, idOf, required, UnreadableObject } from "./object-fields.ts";

/** Which payment a refund or dispute is of; older charges have no payment intent. */
export interface PaymentReference {
  paymentIntentId: string | null;
  chargeId: string | null;
}

export type ReversalTold =
  | ({ type: "refund"; refund: Said<RefundStatus> } & PaymentReference)
  | ({ type: "dispute"; dispute: Said<DisputeStatus> } & PaymentReference);

const refundStatuses: readonly string[] = [
  "pending",
  "requires_action",
  "succeeded",
  "failed",
  "canceled",
] satisfies RefundStatus[];

const disputeStatuses: readonly string[] = [
  "warning_needs_response",
  "warning_under_review",
  "warning_closed",
  "needs_response",
  "under_review",
  "prevented",
  "won",
  "lost",
] satisfies DisputeStatus[];

/** `version`: when Stripe said it, in milliseconds. */
export function readRefund(refund: Stripe.Refund, version: number): ReversalTold {
  // Stripe leaves the status out for some old refunds, all of which went through.
  const status = refund.status ?? "succeeded";
  return { type: "refund", ...referenceOf(refund), refund: said(refund, status, refundStatuses, version) };
}

export function readDispute(dispute: Stripe.Dispute, version: number): ReversalTold {
  const status = required(dispute.status, "the dispute's status");
  return {
    type: "dispute",
    ...referenceOf(dispute),
    dispute: said(dispute, status, disputeStatuses, version),
  };
}

function referenceOf(
  object: Pick<Stripe.Refund | Stripe.Dispute, "payment_intent" | "charge">,
): PaymentReference {
  return { paymentIntentId: idOf(object.payment_intent), chargeId: idOf(object.charge) };
}

function said<Status extends string>(
  object: Stripe.Refund | Stripe.Dispute,
  status: string,
  known: readonly string[],
  version: number,
): Said<Status> {
  if (!known.includes(status))
    throw new UnreadableObject(`unreadable: ${object.id} has the status '${status}'`);
  return {
    id: required(object.id, "the id"),
    amount: required(object.amount, `the amount of ${object.id}`),
    status: status as Status,
    createdAt: fromSeconds(required(object.created, `the time of ${object.id}`)),
    version,
  };
}
