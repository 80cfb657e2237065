import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { classifyStripeError, StripeReadError } from "../../../shared/stripe/client.ts";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";

/** Turns an error of Stripe's client into a sentence. Rethrows any other error. */
export function stripeRefusal(error: unknown, field?: string): Refusal {
  if (error instanceof StripeReadError || error instanceof UnreadableObjectError)
    return refusal("stripe", `Nothing was changed here: ${error.message}`, field);
  const { kind, message } = classifyStripeError(error);
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

export const notConnected = ({ mode }: Scope): Refusal =>
  refusal(
    "conflict",
    `This project has no Stripe connection in ${mode} mode yet. Connect it first: Stripe connection.`,
  );
