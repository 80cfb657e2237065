import type Stripe from "stripe";
import { parseWrappingKeys, unseal } from "../../../shared/kit/encryption.ts";
import { createStripeClient, type SendRequest } from "../../../shared/stripe/client.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyAssociatedData } from "./associated-data.ts";

/** Creates the Stripe client of a stored connection, with the connection's decrypted key. `send` may delay requests. */
export async function createConnectionStripeClient(
  env: RuntimeEnv,
  { connectionId, apiKeySealed }: { connectionId: string; apiKeySealed: string },
  send?: SendRequest,
): Promise<Stripe> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const apiKey = await unseal(keys, apiKeyAssociatedData(connectionId), apiKeySealed);
  return createStripeClient(apiKey, env.DEV, send);
}
