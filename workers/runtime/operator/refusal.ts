import { type Refusal, refusal } from "../../../shared/contract/operator.ts";
import { StripeNotAnswering, stripeFailure } from "../../../shared/stripe/gateway.ts";

/** What Stripe's client threw, as a sentence. Anything that is not Stripe's is thrown on. */
export function stripeRefusal(error: unknown, field?: string): Refusal {
  if (error instanceof StripeNotAnswering)
    return refusal("stripe", `Nothing was changed here: ${error.message}`, field);
  const { kind, message } = stripeFailure(error);
  return refusal(
    "stripe",
    kind === "refused"
      ? `Stripe refused: ${message}`
      : `Stripe could not be reached, and nothing was changed here. Try again in a moment. (${message})`,
    field,
  );
}

export function erasedRefusal(): Refusal {
  return refusal("conflict", "This customer was erased. Only a new checkout of theirs begins a new record.");
}
