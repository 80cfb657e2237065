import type { Refusal } from "../../../shared/contract/operator.ts";
import { stripeFailure } from "../../../shared/stripe/gateway.ts";

export function refusal(reason: Refusal["reason"], message: string, field?: string): Refusal {
  return { outcome: "refused", reason, message, ...(field === undefined ? {} : { field }) };
}

/** What Stripe's client threw, as a sentence. Anything that is not Stripe's is thrown on. */
export function stripeRefusal(error: unknown, field?: string): Refusal {
  const { kind, message } = stripeFailure(error);
  return refusal(
    "stripe",
    kind === "refused"
      ? `Stripe refused: ${message}`
      : `Stripe could not be reached, and nothing was changed here. Try again in a moment. (${message})`,
    field,
  );
}
