import type Stripe from "stripe";
import { type OurMetadata, readOurMetadata } from "./our-metadata.ts";

/** What an event tells us, read from its payload alone. Nothing here asks anybody or knows the time. */
export type StripeFact = CheckoutSessionFact | { type: "not_handled" };

export interface CheckoutSessionFact {
  type: "checkout_session";
  sessionId: string;
  /** `null` when the session was not made by us. */
  ours: OurMetadata | null;
  /** `paid` also when nothing had to be paid; `processing` when the money is still on its way. */
  outcome: "paid" | "processing" | "failed" | "expired";
  /** When Stripe said so, in milliseconds. For `paid` it is the time paid. */
  at: number;
  amountTotal: number | null;
  currency: string | null;
  paymentIntentId: string | null;
  customerId: string | null;
}

export function readFact(event: Stripe.Event): StripeFact {
  switch (event.type) {
    case "checkout.session.completed":
      return sessionFact(event, event.data.object.payment_status === "unpaid" ? "processing" : "paid");
    case "checkout.session.async_payment_succeeded":
      return sessionFact(event, "paid");
    case "checkout.session.async_payment_failed":
      return sessionFact(event, "failed");
    case "checkout.session.expired":
      return sessionFact(event, "expired");
    default:
      return { type: "not_handled" };
  }
}

function sessionFact(
  event: Stripe.Event & { data: { object: Stripe.Checkout.Session } },
  outcome: CheckoutSessionFact["outcome"],
): CheckoutSessionFact {
  const session = event.data.object;
  return {
    type: "checkout_session",
    sessionId: session.id,
    ours: readOurMetadata(session.metadata),
    outcome,
    at: event.created * 1_000,
    amountTotal: session.amount_total,
    currency: session.currency,
    paymentIntentId: idOf(session.payment_intent),
    customerId: idOf(session.customer),
  };
}

/** Stripe sends an id, or the whole object where it was asked to expand it. */
function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (reference == null) return null;
  return typeof reference === "string" ? reference : reference.id;
}
