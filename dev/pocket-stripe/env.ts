import type { ObjectEnv } from "./object-env.ts";
import type { PocketStripe } from "./pocket-stripe.ts";

/** The bindings of the worker (wrangler.toml), and what `dev/stack/development-additions.ts` adds. */
export interface PocketStripeEnv extends ObjectEnv {
  POCKET_STRIPE: DurableObjectNamespace<PocketStripe>;
}
