import type Stripe from "stripe";
import { parseWrappingKeys, unseal } from "../../../shared/kit/encryption.ts";
import { createStripeClient } from "../../../shared/stripe/client.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyAssociatedData } from "./associated-data.ts";

/** Creates the Stripe client of a stored connection, with the connection's decrypted key. */
export async function createConnectionStripeClient(
  env: RuntimeEnv,
  { connectionId, apiKeySealed }: { connectionId: string; apiKeySealed: string },
): Promise<Stripe> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  return createStripeClient(await unseal(keys, apiKeyAssociatedData(connectionId), apiKeySealed), env.DEV);
}
