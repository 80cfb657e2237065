import type Stripe from "stripe";
import { open, parseWrappingKeys } from "../../../shared/kit/crypto-box.ts";
import { stripeClient } from "../../../shared/stripe/gateway.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyPlace } from "../stripe-inbound/connection.ts";

/** Creates the Stripe client of a stored connection, with the connection's decrypted key. */
export async function stripeOfConnection(
  env: RuntimeEnv,
  { connectionId, apiKeySealed }: { connectionId: string; apiKeySealed: string },
): Promise<Stripe> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  return stripeClient(await open(keys, apiKeyPlace(connectionId), apiKeySealed), env.DEV);
}
