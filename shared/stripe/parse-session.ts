import type Stripe from "stripe";
import { type LicenzyMetadata, parseLicenzyMetadata } from "./licenzy-metadata.ts";
import { getReferenceId, requireField } from "./object-fields.ts";

/** The outcome of a Checkout session. */
export interface ParsedSession {
  type: "session";
  sessionId: string;
  /** `null` when Licenzy did not create the session. */
  ours: LicenzyMetadata | null;
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

export function parseSession(
  session: Stripe.Checkout.Session,
  outcome: ParsedSession["outcome"],
  at: number,
): ParsedSession {
  return {
    type: "session",
    sessionId: requireField(session.id, "the session's id"),
    ours: parseLicenzyMetadata(session.metadata),
    outcome,
    at,
    amountTotal: session.amount_total ?? null,
    currency: session.currency ?? null,
    paymentIntentId: getReferenceId(session.payment_intent),
    subscriptionId: getReferenceId(session.subscription),
    customerId: getReferenceId(session.customer),
  };
}
