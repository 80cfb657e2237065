import Stripe from "stripe";
import type { DevService } from "../kit/dev-service.ts";

/** The version of Stripe's API that this code is written and tested for: the one the pinned SDK is typed by. */
export const stripeApiVersion = Stripe.API_VERSION;

/** Shorter than a checkout's lease of 30 s, so that a call has ended before somebody else may repeat it. */
const timeoutMs = 20_000;

/**
 * The official client, for one connection. It never retries by itself: whoever calls knows whether a repetition is the
 * same event, and under which idempotency key.
 */
export function stripeClient(apiKey: string, dev: DevService | undefined): Stripe {
  return new Stripe(apiKey, {
    apiVersion: stripeApiVersion,
    httpClient: Stripe.createFetchHttpClient(
      dev === undefined ? undefined : (input, init) => dev.fetch(new Request(input, init)),
    ),
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: timeoutMs,
  });
}

/** How a call to Stripe went wrong, as far as repeating it is concerned. */
export type StripeFailure =
  /** Stripe answered: the call had no effect and a repetition needs a new idempotency key. */
  | { kind: "refused"; message: string; isMissingCustomer: boolean }
  /** No answer: the call may have had its effect. Only a repetition with the same idempotency key is safe. */
  | { kind: "unknown"; message: string };

/** Reads what the client threw. Anything that is not Stripe's is thrown on. */
export function stripeFailure(error: unknown): StripeFailure {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const message = withoutSecrets(error.message);
  const isStillRunning = error.statusCode === 409;
  if (error.statusCode === undefined || isStillRunning) return { kind: "unknown", message };
  const isMissingCustomer =
    error.code === "resource_missing" && (error.param === "customer" || /customer/i.test(error.message));
  return { kind: "refused", message, isMissingCustomer };
}

/** A question to Stripe that got no answer we can use. What it was for is tried again later. */
export class StripeNotAnswering extends Error {
  constructor(
    message: string,
    /** Stripe answered: there is no such object. */
    readonly isMissing: boolean,
  ) {
    super(message);
    this.name = "StripeNotAnswering";
  }
}

/** Awaits a read from Stripe; its errors come out in words that may be shown and stored. */
export async function askStripe<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const isMissing = error.code === "resource_missing" || error.statusCode === 404;
    throw new StripeNotAnswering(`Stripe: ${withoutSecrets(error.message)}`, isMissing);
  }
}

/** When Stripe answered, by its own clock, in milliseconds: the version of what it said. */
export function answeredAt({ lastResponse }: { lastResponse: { headers: Record<string, string> } }): number {
  // The fetch client leaves a `Headers` where the types promise an object; this reads both.
  const at = Date.parse(new Headers(lastResponse.headers).get("date") ?? "");
  if (Number.isNaN(at)) throw new StripeNotAnswering("Stripe: the answer has no Date", false);
  return at;
}

/** Stripe masks keys in its messages; this makes sure. */
function withoutSecrets(message: string): string {
  return message.replace(/\b(sk|rk|pk|whsec)_[A-Za-z0-9_*]+/g, "$1_…");
}
