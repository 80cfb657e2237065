import Stripe from "stripe";

/** Creates the official client for development: `base` takes the place of https://api.stripe.com. */
export function createClient(apiKey: string, base: string): Stripe {
  const rewrite: typeof fetch = (input, init) =>
    fetch(String(input).replace("https://api.stripe.com", base), init);
  return new Stripe(apiKey, {
    httpClient: Stripe.createFetchHttpClient(rewrite),
    telemetry: false,
    maxNetworkRetries: 0,
  });
}
