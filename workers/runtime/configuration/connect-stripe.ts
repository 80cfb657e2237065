import type { Mode } from "../../../shared/contract/words.ts";
import { insertConnection } from "../../../shared/db/configuration.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { stripeApiVersion, stripeClient } from "../../../shared/stripe/gateway.ts";
import { handledEventTypes } from "../../../shared/stripe/handled-event-types.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyPlace, webhookSecretPlace } from "../stripe-inbound/connection.ts";

export interface NewConnection {
  connectionId: string;
  webhookUrl: string;
  /** Shown once, as Stripe does. */
  webhookSecret: string;
}

/**
 * Connects a project's mode to Stripe: checks that the key is of that mode, registers our webhook, and keeps both
 * secrets sealed. `origin` is where Stripe reaches the runtime.
 */
export async function connectStripe(
  env: RuntimeEnv,
  projectId: string,
  mode: Mode,
  { apiKey, origin }: { apiKey: string; origin: string },
  now: number,
): Promise<NewConnection> {
  if (!new RegExp(`^[sr]k_${mode}_`).test(apiKey))
    throw new Error(
      `The Stripe key is not a secret or restricted key of ${mode} mode (sk_${mode}_… or rk_${mode}_…)`,
    );
  const stripe = stripeClient(apiKey, env.DEV);
  const balance = await stripe.balance.retrieve();
  if (balance.livemode !== (mode === "live"))
    throw new Error(`Stripe says that the key is not of ${mode} mode`);

  const connectionId = newId("con", now);
  const webhookUrl = `${origin}/v1/webhooks/stripe/tenant/${connectionId}`;
  const endpoint = await stripe.webhookEndpoints.create({
    url: webhookUrl,
    enabled_events: [...handledEventTypes],
    api_version: stripeApiVersion,
    description: "Licenzy",
  });
  if (endpoint.secret === undefined)
    throw new Error("Stripe made the webhook endpoint without showing its secret");

  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  await d1(
    insertConnection(env.DB, {
      connectionId,
      projectId,
      mode,
      apiKeySealed: await seal(keys, apiKeyPlace(connectionId), apiKey),
      webhookSecretSealed: await seal(keys, webhookSecretPlace(connectionId), endpoint.secret),
      sweptTo: now,
      nextSweepAt: now,
      createdAt: now,
      updatedAt: now,
    }),
  );
  return { connectionId, webhookUrl, webhookSecret: endpoint.secret };
}
