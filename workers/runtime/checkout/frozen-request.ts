import type { CheckoutRequest } from "../../../shared/contract/checkout.ts";
import type { GrantTerms } from "../../../shared/domain/entitlement.ts";

/**
 * What a checkout attempt keeps: the request and the product as they were. A repetition after a crash sends Stripe
 * exactly the same, and what is granted in the end is what was sold, whatever the product says by then.
 */
export interface FrozenRequest {
  request: CheckoutRequest;
  terms: GrantTerms;
  stripePriceId: string;
  successUrl: string;
  cancelUrl: string | null;
  /** The subject's customer at Stripe, when it was known. */
  customerId: string | null;
}

export function readFrozen(attempt: { frozen: string }): FrozenRequest {
  return JSON.parse(attempt.frozen) as FrozenRequest;
}
