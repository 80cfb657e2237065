import { join } from "node:path";
import { spawnReady } from "../stack/spawn-ready.ts";

/** Another host than the stack's, so that nothing can pass for a request to the stack's own origin. */
export const stripeHost = "127.0.0.2";

export interface PocketStripeProcess {
  /** Where pocket Stripe answers, under /pocket-stripe. */
  origin: string;
  /** The base of its API, for `stripeBase` and STRIPE_API_BASE. */
  base: string;
  stop(): Promise<void>;
}

/**
 * Starts pocket Stripe in a separate process and under another host name, reached over TCP as Stripe is. Its state is
 * in memory and ends with it.
 */
export async function spawnPocketStripe(): Promise<PocketStripeProcess> {
  const child = await spawnReady<{ origin: string }>(join(import.meta.dirname, "main.ts"), {});
  const { origin } = child.ready;
  return { origin, base: `${origin}/pocket-stripe`, stop: () => child.end("SIGTERM") };
}
