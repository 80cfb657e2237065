import type Stripe from "stripe";
import type { ReversalReport } from "../domain/merge-reversal.ts";
import type { DisputeStatus, RefundStatus } from "../domain/stripe-record.ts";
import { fromSeconds, getReferenceId, requireField, UnreadableObjectError } from "./object-fields.ts";

/** The payment of a refund or dispute. Older charges have no payment intent. */
export interface PaymentReference {
  paymentIntentId: string | null;
  chargeId: string | null;
}

/** A refund or dispute, parsed from an event or a read. */
export type ParsedReversal =
  | ({ type: "refund"; refund: ReversalReport<RefundStatus> } & PaymentReference)
  | ({ type: "dispute"; dispute: ReversalReport<DisputeStatus> } & PaymentReference);

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
  "appeal_needs_response",
  "appeal_under_review",
  "prevented",
  "won",
  "lost",
] satisfies DisputeStatus[];

/** Parses a refund. `version` is the time of Stripe's report, in milliseconds. */
export function parseRefund(refund: Stripe.Refund, version: number): ParsedReversal {
  // Stripe omits the status of some old refunds, all of which succeeded.
  const status = refund.status ?? "succeeded";
  return {
    type: "refund",
    ...getPaymentReference(refund),
    refund: parseReport(refund, status, refundStatuses, version),
  };
}

export function parseDispute(dispute: Stripe.Dispute, version: number): ParsedReversal {
  const status = requireField(dispute.status, "the dispute's status");
  return {
    type: "dispute",
    ...getPaymentReference(dispute),
    dispute: parseReport(dispute, status, disputeStatuses, version),
  };
}

function getPaymentReference(
  object: Pick<Stripe.Refund | Stripe.Dispute, "payment_intent" | "charge">,
): PaymentReference {
  return { paymentIntentId: getReferenceId(object.payment_intent), chargeId: getReferenceId(object.charge) };
}

function parseReport<Status extends string>(
  object: Stripe.Refund | Stripe.Dispute,
  status: string,
  known: readonly string[],
  version: number,
): ReversalReport<Status> {
  if (!known.includes(status))
    throw new UnreadableObjectError(`unreadable: ${object.id} has the status '${status}'`);
  const time = `the time of ${object.id}`;
  return {
    id: requireField(object.id, "the id"),
    amount: requireField(object.amount, `the amount of ${object.id}`),
    // Stripe always sends the currency. A reversal without one counts as in the payment's.
    ...(object.currency == null ? {} : { currency: object.currency }),
    status: status as Status,
    createdAt: fromSeconds(requireField(object.created, time), time),
    version,
  };
}
