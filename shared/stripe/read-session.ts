import type Stripe from "stripe";
import { idOf, required } from "./object-fields.ts";
import { type OurMetadata, readOurMetadata } from "./our-metadata.ts";

/** What a Checkout session came to. */
export interface SessionFact {
  type: "session";
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
  /** Of a session in subscription mode. */
  subscriptionId: string | null;
  customerId: string | null;
}

export function readSession(
  session: Stripe.Checkout.Session,
  outcome: SessionFact["outcome"],
  at: number,
): SessionFact {
  return {
    type: "session",
    sessionId: required(session.id, "the session's id"),
    ours: readOurMetadata(session.metadata),
    outcome,
    at,
    amountTotal: session.amount_total ?? null,
    currency: session.currency ?? null,
    paymentIntentId: idOf(session.payment_intent),
    subscriptionId: idOf(session.subscription),
    customerId: idOf(session.customer),
  };
}
