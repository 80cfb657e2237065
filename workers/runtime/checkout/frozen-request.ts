import type { CheckoutRequest } from "../../../shared/contract/checkout.ts";
import type { CheckoutSettings } from "../../../shared/contract/operations/products.ts";
import type { GrantTerms } from "../../../shared/domain/entitlement.ts";

/**
 * The request and the product's terms as stored with a checkout attempt. A retry after a crash sends Stripe
 * exactly the same request. The grant uses these terms, even if the product has changed since.
 */
export interface FrozenRequest {
  request: CheckoutRequest;
  terms: GrantTerms;
  stripePriceId: string;
  successUrl: string;
  cancelUrl: string | null;
  /** The subject's Stripe customer, if known. */
  customerId: string | null;
  /** The product's settings of the checkout page. Absent in attempts of an earlier release: all off. */
  settings?: Omit<CheckoutSettings, "sellInstead">;
}

export function parseFrozenRequest(attempt: { frozen: string }): FrozenRequest {
  return JSON.parse(attempt.frozen) as FrozenRequest;
}
