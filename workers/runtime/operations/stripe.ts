import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import {
  checkStripe,
  connectStripe,
  type PermissionCheck,
  registerWebhook,
  setWebhookSecret,
} from "../../../shared/contract/operations/stripe.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { StripeConnectionRow } from "../../../shared/db/stripe-connections.ts";
import { parseWrappingKeys, unseal } from "../../../shared/kit/encryption.ts";
import { readProjectConnection } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyAssociatedData } from "../stripe-connection/associated-data.ts";
import { checkStripeKey } from "../stripe-connection/check-stripe-key.ts";
import * as connection from "../stripe-connection/connect-stripe.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";
import * as webhook from "../stripe-connection/register-webhook.ts";
import { implement } from "./implement.ts";
import { notConnected, stripeRefusal } from "./refusals.ts";

/** Saves a key that has every permission. Otherwise returns what it lacks, and saves nothing. */
export const connect = implement(connectStripe, async ({ env, scope, now, actor }, { apiKey }) => {
  const verdict = await checkStripeKey(env, scope.mode, apiKey);
  if (verdict.outcome === "refused") return refusal("invalid", verdict.message, "apiKey");
  const { permissions, stripeAccountId } = verdict;
  const missing = permissions.filter(({ ok }) => !ok);
  if (missing.length > 0) return refusal("invalid", missingPermissions(missing), "apiKey");
  await connection.connectStripe(env, scope, { apiKey, stripeAccountId }, now, actor);
  return { outcome: "done", permissions };
});

export const check = implement(checkStripe, async ({ env, scope }) => {
  const found = await findConnection(env, scope);
  if ("outcome" in found) return found;
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const apiKey = await unseal(keys, apiKeyAssociatedData(found.connectionId), found.apiKeySealed);
  const verdict = await checkStripeKey(env, scope.mode, apiKey);
  if (verdict.outcome === "refused") return refusal("stripe", verdict.message);
  return { outcome: "done", permissions: verdict.permissions };
});

export const register = implement(registerWebhook, async ({ env, scope, now, actor }, { origin }) => {
  const found = await findConnection(env, scope);
  if ("outcome" in found) return found;
  try {
    const stripe = await createConnectionStripeClient(env, found);
    await webhook.registerWebhook(env, found, { stripe, origin }, now, actor);
    return { outcome: "done" };
  } catch (error) {
    return stripeRefusal(error);
  }
});

export const setSecret = implement(setWebhookSecret, async ({ env, scope, now, actor }, { secret }) => {
  const found = await findConnection(env, scope);
  if ("outcome" in found) return found;
  await webhook.storeWebhookSecret(env, found, { secret, endpointId: null }, now, actor);
  return { outcome: "done" };
});

async function findConnection(env: RuntimeEnv, scope: Scope): Promise<StripeConnectionRow | Refusal> {
  const found = await readProjectConnection(env.DB, scope.projectId, scope.mode);
  return found === null ? notConnected(scope) : found.connection;
}

function missingPermissions(missing: PermissionCheck[]): string {
  const list = missing.map(({ name, needs }) => `${name}: ${needs}`).join(", ");
  return `The key works but lacks permissions: ${list}. Nothing was saved. Add them to the key in Stripe (Developers, API keys), then save again.`;
}
