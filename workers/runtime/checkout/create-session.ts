import type Stripe from "stripe";
import type { CheckoutAttemptRow } from "../../../shared/db/checkout-attempts.ts";
import { ourMetadata } from "../../../shared/stripe/our-metadata.ts";
import { type FrozenRequest, readFrozen } from "./frozen-request.ts";

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
  return stripe.checkout.sessions.create(
    {
      line_items: [{ price: frozen.stripePriceId, quantity: 1 }],
      success_url: frozen.successUrl,
      ...(frozen.cancelUrl === null ? {} : { cancel_url: frozen.cancelUrl }),
      metadata,
      ...(frozen.terms.kind === "subscription"
        ? { mode: "subscription", subscription_data: { metadata }, ...payer(frozen) }
        : { mode: "payment", payment_intent_data: { metadata }, ...payer(frozen), ...newCustomer(frozen) }),
    },
    { idempotencyKey: `${attempt.attemptId}-${attempt.tryNumber}` },
  );
}

/** The customer that is known at Stripe, or else the address to begin with: Stripe takes one of them. */
function payer({ customerId, request }: FrozenRequest): Stripe.Checkout.SessionCreateParams {
  if (customerId !== null) return { customer: customerId };
  return request.customer_email === undefined ? {} : { customer_email: request.customer_email };
}

/** A subscription always makes a customer; a single payment does when it is asked to. */
function newCustomer({ customerId }: FrozenRequest): Stripe.Checkout.SessionCreateParams {
  return customerId === null ? { customer_creation: "always" } : {};
}
