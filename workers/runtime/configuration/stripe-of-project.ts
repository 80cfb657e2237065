import type Stripe from "stripe";
import type { Mode } from "../../../shared/contract/words.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readConnectionOf } from "../../../shared/db/stripe-connections.ts";
import { open, parseWrappingKeys } from "../../../shared/kit/crypto-box.ts";
import { stripeClient } from "../../../shared/stripe/gateway.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyPlace } from "../stripe-inbound/connection.ts";

/** The client of the project's stored connection in that mode. */
export async function stripeOfProject(env: RuntimeEnv, projectId: string, mode: Mode): Promise<Stripe> {
  const found = await d1(readConnectionOf(env.DB, projectId, mode));
  if (found === null) throw new Error(`The project has no Stripe connection in ${mode} mode`);
  return stripeOfConnection(env, found.connection);
}

export async function stripeOfConnection(
  env: RuntimeEnv,
  { connectionId, apiKeySealed }: { connectionId: string; apiKeySealed: string },
): Promise<Stripe> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  return stripeClient(await open(keys, apiKeyPlace(connectionId), apiKeySealed), env.DEV);
}
