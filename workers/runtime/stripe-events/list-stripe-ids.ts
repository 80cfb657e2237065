import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";

/**
 * Lists the ids of the Stripe objects that a fact is about, except the payment of a refund or dispute: what
 * it paid for is known only once the fact is merged.
 */
export function listStripeIds(fact: SubjectFact): string[] {
  switch (fact.type) {
    case "purchase": {
      const { checkoutSessionId, paymentIntentId, customerId } = fact.purchase;
      return present([checkoutSessionId, paymentIntentId, customerId]);
    }
    case "subscription":
      return present([fact.subscriptionId, fact.origin.customerId]);
    case "subscription_sold":
      return present([fact.subscriptionId, fact.checkout.sessionId, fact.origin.customerId]);
    case "invoice":
      return present([fact.invoiceId, fact.subscriptionId, fact.origin.customerId]);
    case "refund":
    case "dispute":
      return present([fact.invoice?.invoiceId ?? null, fact.invoice?.subscriptionId ?? null]);
    case "terms":
    case "signals":
      return [];
  }
}

const present = (ids: (string | null)[]): string[] => ids.filter((id) => id !== null);
