import Stripe from "stripe";
import type { DevService } from "../kit/dev-service.ts";

/**
 * The Stripe API version that this code is written and tested for: the one the pinned SDK's types describe.
 */
export const stripeApiVersion = Stripe.API_VERSION;

/** Shorter than a checkout's lease of 30 s, so that a call has ended before another request may repeat it. */
const timeoutMs = 20_000;

/** Sends a request of the client: at once, or when its turn comes. */
export type SendRequest = (request: () => Promise<Response>) => Promise<Response>;

/**
 * Creates the official client for one connection. It never retries: only the caller knows whether a
 * repetition is the same operation, and under which idempotency key.
 */
export function createStripeClient(
  apiKey: string,
  dev: DevService | undefined,
  send: SendRequest = (request) => request(),
): Stripe {
  return new Stripe(apiKey, {
    apiVersion: stripeApiVersion,
    httpClient: Stripe.createFetchHttpClient((input, init) =>
      send(() => (dev === undefined ? fetch(input, init) : dev.fetch(new Request(input, init)))),
    ),
    telemetry: false,
    maxNetworkRetries: 0,
    timeout: timeoutMs,
  });
}

/** How a call to Stripe failed, classified by whether it can be repeated. */
export type StripeFailure =
  /** Stripe responded: the call had no effect, and a retry needs a new idempotency key. */
  | { kind: "refused"; message: string; isMissingCustomer: boolean }
  /** No response: the call may have taken effect. Only a retry with the same idempotency key is safe. */
  | { kind: "unknown"; message: string };

/** Classifies an error that the client threw. Rethrows errors that are not Stripe's. */
export function classifyStripeError(error: unknown): StripeFailure {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const message = maskSecrets(error.message);
  const isStillRunning = error.statusCode === 409;
  if (error.statusCode === undefined || isStillRunning) return { kind: "unknown", message };
  const isMissingCustomer =
    error.code === "resource_missing" && (error.param === "customer" || /customer/i.test(error.message));
  return { kind: "refused", message, isMissingCustomer };
}

/** A read from Stripe failed. The operation that needed it is retried later. */
export class StripeReadError extends Error {
  constructor(
    message: string,
    /** Stripe responded that the object does not exist. */
    readonly isMissing: boolean,
  ) {
    super(message);
    this.name = "StripeReadError";
  }
}

/**
 * Awaits a read from Stripe. Stripe's errors are rethrown with messages that are safe to display and store.
 */
export async function callStripe<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    const isMissing = error.code === "resource_missing" || error.statusCode === 404;
    throw new StripeReadError(`Stripe: ${maskSecrets(error.message)}`, isMissing);
  }
}

/** Returns the time of Stripe's response by Stripe's clock, in milliseconds: the version of the data read. */
export function getResponseTime({
  lastResponse,
}: {
  lastResponse: { headers: Record<string, string> };
}): number {
  // The fetch client returns a `Headers` where the types declare an object. This handles both.
  const at = Date.parse(new Headers(lastResponse.headers).get("date") ?? "");
  if (Number.isNaN(at)) throw new StripeReadError("Stripe: the response has no Date header", false);
  return at;
}

/** Masks keys. Stripe masks them in its messages already; this is a second safeguard. */
function maskSecrets(message: string): string {
  return message.replace(/\b(sk|rk|pk|whsec)_[A-Za-z0-9_*]+/g, "$1_…");
}
