import type Stripe from "stripe";
import { parseWrappingKeys, unseal } from "../../../shared/kit/crypto-box.ts";
import { createStripeClient } from "../../../shared/stripe/gateway.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyAssociatedData } from "../stripe-inbound/connection.ts";

/** Creates the Stripe client of a stored connection, with the connection's decrypted key. */
export async function createConnectionStripeClient(
  env: RuntimeEnv,
  { connectionId, apiKeySealed }: { connectionId: string; apiKeySealed: string },
): Promise<Stripe> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  return createStripeClient(await unseal(keys, apiKeyAssociatedData(connectionId), apiKeySealed), env.DEV);
}
