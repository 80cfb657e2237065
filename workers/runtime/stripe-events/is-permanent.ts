import { StripeReadError } from "../../../shared/stripe/client.ts";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";

/**
 * Returns whether another attempt would fail in the same way: the object is missing in Stripe, or unreadable.
 */
export function isPermanent(error: unknown): boolean {
  return error instanceof StripeReadError ? error.isMissing : error instanceof UnreadableObjectError;
}
