import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { classifyStripeError, StripeReadError } from "../../../shared/stripe/client.ts";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";

/** Turns an error of Stripe's client into a sentence. Rethrows any other error. */
export function stripeRefusal(error: unknown, field?: string): Refusal {
  if (error instanceof StripeReadError || error instanceof UnreadableObjectError)
    return refusal("stripe", `Nothing was changed. ${error.message}`, field);
  const { kind, message } = classifyStripeError(error);
  return refusal(
    "stripe",
    kind === "refused"
      ? `Stripe rejected the request: ${message}`
      : `Stripe did not respond, and nothing was changed. Try again in a minute. (${message})`,
    field,
  );
}

export function erasedRefusal(): Refusal {
  return refusal("conflict", "This customer was erased. A new checkout starts a new record.");
}

export const notConnected = ({ mode }: Scope): Refusal =>
  refusal("conflict", `This project has no Stripe connection in ${mode} mode. Connect Stripe first.`);
