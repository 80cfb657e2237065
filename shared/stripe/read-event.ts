import type Stripe from "stripe";
import { fromSeconds, idOf } from "./object-fields.ts";
import { type InvoiceTold, readInvoice } from "./read-invoice.ts";
import { type ReversalTold, readDispute, readRefund } from "./read-reversal.ts";
import { readSession, type SessionFact } from "./read-session.ts";
import { readSubscription, type SubscriptionTold } from "./read-subscription.ts";

/** The facts of an event, read from its payload alone. Parsing does no I/O and does not use the clock. */
export type Told =
  | SessionFact
  | SubscriptionTold
  | InvoiceTold
  | ReversalTold
  /** A charge was refunded. The charge does not identify the refund, so its refunds are listed. */
  | { type: "charge_refunded"; paymentIntentId: string | null; chargeId: string }
  | { type: "not_handled" };

/** Parses any event, in the shapes of the pinned API version and of older ones. Throws `UnreadableObject`. */
export function readEvent(event: Stripe.Event): Told {
  const at = fromSeconds(event.created);
  const source = { sourceId: event.id, at };
  switch (event.type) {
    case "checkout.session.completed":
      return readSession(
        event.data.object,
        event.data.object.payment_status === "unpaid" ? "processing" : "paid",
        at,
      );
    case "checkout.session.async_payment_succeeded":
      return readSession(event.data.object, "paid", at);
    case "checkout.session.async_payment_failed":
      return readSession(event.data.object, "failed", at);
    case "checkout.session.expired":
      return readSession(event.data.object, "expired", at);
    case "customer.subscription.created":
      return readSubscription(event.data.object, { ...source, said: "created" }, null);
    case "customer.subscription.updated":
      return readSubscription(
        event.data.object,
        { ...source, said: "updated" },
        event.data.previous_attributes ?? null,
      );
    case "customer.subscription.deleted":
      return readSubscription(event.data.object, { ...source, said: "deleted" }, null);
    case "invoice.paid":
    case "invoice.payment_succeeded":
      return readInvoice(event.data.object, "paid");
    case "invoice.payment_failed":
      return readInvoice(event.data.object, "failed");
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
      return readRefund(event.data.object, at);
    case "charge.refunded": {
      const charge = event.data.object;
      return { type: "charge_refunded", paymentIntentId: idOf(charge.payment_intent), chargeId: charge.id };
    }
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.closed":
      return readDispute(event.data.object, at);
    default:
      return { type: "not_handled" };
  }
}
