import type Stripe from "stripe";
import type { CheckoutAttemptRow } from "../../../shared/db/checkout-attempts.ts";
import { ourMetadata } from "../../../shared/stripe/our-metadata.ts";
import { readFrozen } from "./frozen-request.ts";

/**
 * Asks Stripe for the attempt's session. The idempotency key is attempt id + try number, so that repeating an attempt
 * whose answer was lost gives the same session.
 */
export async function createSession(
  stripe: Stripe,
  attempt: CheckoutAttemptRow,
): Promise<Stripe.Checkout.Session> {
  const frozen = readFrozen(attempt);
  const metadata = ourMetadata(attempt);
  const { customer_email } = frozen.request;
  const customer: Stripe.Checkout.SessionCreateParams =
    frozen.customerId !== null
      ? { customer: frozen.customerId }
      : { customer_creation: "always", ...(customer_email === undefined ? {} : { customer_email }) };
  return stripe.checkout.sessions.create(
    {
      mode: "payment",
      line_items: [{ price: frozen.stripePriceId, quantity: 1 }],
      success_url: frozen.successUrl,
      ...(frozen.cancelUrl === null ? {} : { cancel_url: frozen.cancelUrl }),
      metadata,
      payment_intent_data: { metadata },
      ...customer,
    },
    { idempotencyKey: `${attempt.attemptId}-${attempt.tryNumber}` },
  );
}
