import type Stripe from "stripe";
import { idOf, requireField } from "./object-fields.ts";
import { type OurMetadata, readOurMetadata } from "./our-metadata.ts";

/** The outcome of a Checkout session. */
export interface SessionFact {
  type: "session";
  sessionId: string;
  /** `null` when Licenzy did not create the session. */
  ours: OurMetadata | null;
  /** `paid` includes sessions with nothing to pay. `processing` means the payment has not cleared. */
  outcome: "paid" | "processing" | "failed" | "expired";
  /** When Stripe reported the outcome, in milliseconds. For `paid` it is the time paid. */
  at: number;
  amountTotal: number | null;
  currency: string | null;
  paymentIntentId: string | null;
  /** Sessions in subscription mode only. */
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
    sessionId: requireField(session.id, "the session's id"),
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
