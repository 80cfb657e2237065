import type Stripe from "stripe";
import { fromSeconds, getReferenceId } from "./object-fields.ts";
import { type ParsedInvoice, parseInvoice } from "./parse-invoice.ts";
import { type ParsedReversal, parseDispute, parseRefund } from "./parse-reversal.ts";
import { type ParsedSession, parseSession } from "./parse-session.ts";
import { type ParsedSubscription, parseSubscription } from "./parse-subscription.ts";

/** The facts of an event, read from its payload alone. Parsing does no I/O and does not use the clock. */
export type ParsedEvent =
  | ParsedSession
  | ParsedSubscription
  | ParsedInvoice
  | ParsedReversal
  /** A charge was refunded. The charge does not identify the refund, so its refunds are listed. */
  | { type: "charge_refunded"; paymentIntentId: string | null; chargeId: string }
  /** One of several payments of an invoice succeeded, and the rest is open. */
  | { type: "invoice_part" }
  | { type: "not_handled" };

/** Parses any event, in the shapes of the pinned API version and of older ones. Throws `UnreadableObject`. */
export function parseStripeEvent(event: Stripe.Event): ParsedEvent {
  const at = fromSeconds(event.created, "the event's time");
  const source = { sourceId: event.id, at };
  switch (event.type) {
    case "checkout.session.completed":
      return parseSession(
        event.data.object,
        event.data.object.payment_status === "unpaid" ? "processing" : "paid",
        at,
      );
    case "checkout.session.async_payment_succeeded":
      return parseSession(event.data.object, "paid", at);
    case "checkout.session.async_payment_failed":
      return parseSession(event.data.object, "failed", at);
    case "checkout.session.expired":
      return parseSession(event.data.object, "expired", at);
    case "customer.subscription.created":
      return parseSubscription(event.data.object, { ...source, said: "created" }, null);
    case "customer.subscription.updated":
      return parseSubscription(
        event.data.object,
        { ...source, said: "updated" },
        event.data.previous_attributes ?? null,
      );
    case "customer.subscription.deleted":
      return parseSubscription(event.data.object, { ...source, said: "deleted" }, null);
    case "invoice.paid":
    case "invoice.payment_succeeded":
      // The event of the last payment shows the invoice as paid.
      if (event.data.object.status === "open") return { type: "invoice_part" };
      return parseInvoice(event.data.object, "paid", at);
    case "invoice.payment_failed":
      return parseInvoice(event.data.object, "failed", at);
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
      return parseRefund(event.data.object, at);
    case "charge.refunded": {
      const charge = event.data.object;
      return {
        type: "charge_refunded",
        paymentIntentId: getReferenceId(charge.payment_intent),
        chargeId: charge.id,
      };
    }
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.closed":
      return parseDispute(event.data.object, at);
    default:
      return { type: "not_handled" };
  }
}
