import type Stripe from "stripe";
import { buildLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import type { CheckoutAttemptRow } from "../db/checkout-attempts.ts";
import { type FrozenRequest, parseFrozenRequest } from "./frozen-request.ts";

/**
 * Creates the attempt's session in Stripe. The idempotency key is attempt id and try number, so that a
 * repeated call after a lost response returns the same session.
 */
export async function createSession(
  stripe: Stripe,
  attempt: CheckoutAttemptRow,
): Promise<Stripe.Checkout.Session> {
  const frozen = parseFrozenRequest(attempt);
  const metadata = buildLicenzyMetadata(attempt);
  return stripe.checkout.sessions.create(
    {
      line_items: [{ price: frozen.stripePriceId, quantity: 1 }],
      success_url: frozen.successUrl,
      ...(frozen.cancelUrl === null ? {} : { cancel_url: frozen.cancelUrl }),
      metadata,
      ...pageParams(frozen),
      ...(frozen.terms.kind === "subscription"
        ? {
            mode: "subscription",
            subscription_data: { metadata, ...trialParams(frozen) },
            ...payerParams(frozen),
          }
        : {
            mode: "payment",
            payment_intent_data: { metadata },
            ...payerParams(frozen),
            ...newCustomerParams(frozen),
          }),
    },
    { idempotencyKey: `${attempt.attemptId}-${attempt.tryNumber}` },
  );
}

/** Returns the known Stripe customer, or else the email to prefill. Stripe accepts only one of them. */
function payerParams({ customerId, request }: FrozenRequest): Stripe.Checkout.SessionCreateParams {
  if (customerId !== null) return { customer: customerId };
  return request.customer_email === undefined ? {} : { customer_email: request.customer_email };
}

/** Requests a customer for a one-time payment. A subscription always creates one. */
function newCustomerParams({ customerId }: FrozenRequest): Stripe.Checkout.SessionCreateParams {
  return customerId === null ? { customer_creation: "always" } : {};
}

/** Returns the product's settings that differ from Stripe's own. */
function pageParams({ settings, customerId }: FrozenRequest): Stripe.Checkout.SessionCreateParams {
  return {
    ...(settings?.promotionCodes ? { allow_promotion_codes: true } : {}),
    ...(settings?.collectsTax
      ? {
          automatic_tax: { enabled: true },
          // Stripe refuses tax for a customer without an address, unless the page collects one.
          ...(customerId === null ? {} : { customer_update: { address: "auto" as const } }),
        }
      : {}),
    ...(settings?.locale == null ? {} : { locale: settings.locale }),
  };
}

function trialParams({ settings }: FrozenRequest): { trial_period_days?: number } {
  return settings?.trialDays == null ? {} : { trial_period_days: settings.trialDays };
}
