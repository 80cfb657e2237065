import type Stripe from "stripe";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import type { StripeConnectionRow } from "../../../shared/db/stripe-connections.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/encryption.ts";
import { stripeApiVersion } from "../../../shared/stripe/client.ts";
import { handledEventTypes } from "../../../shared/stripe/handled-event-types.ts";
import { buildWebhookPath } from "../../../shared/stripe/webhook-path.ts";
import { saveWebhookSecret } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { webhookSecretAssociatedData } from "./associated-data.ts";

/**
 * Creates our webhook endpoint in Stripe and stores its signing secret, encrypted. Stripe returns the secret
 * only at creation, so an existing endpoint with our URL is deleted first. After a crash in between, a
 * repeated call recovers.
 *
 * Throws the errors of Stripe's client.
 */
export async function registerWebhook(
  env: RuntimeEnv,
  connection: StripeConnectionRow,
  { stripe, origin }: { stripe: Stripe; origin: string },
  now: number,
  actor: Actor | null,
): Promise<{ webhookUrl: string; webhookSecret: string }> {
  const webhookUrl = origin + buildWebhookPath(connection.connectionId);
  for await (const endpoint of stripe.webhookEndpoints.list({ limit: 100 }))
    if (endpoint.url === webhookUrl) await stripe.webhookEndpoints.del(endpoint.id);
  const endpoint = await stripe.webhookEndpoints.create({
    url: webhookUrl,
    enabled_events: [...handledEventTypes],
    api_version: stripeApiVersion,
    description: "Licenzy",
  });
  if (endpoint.secret === undefined)
    throw new Error("Stripe created the webhook endpoint without returning its secret");
  await storeWebhookSecret(env, connection, { secret: endpoint.secret, endpointId: endpoint.id }, now, actor);
  return { webhookUrl, webhookSecret: endpoint.secret };
}

/** Stores the signing secret of our endpoint. `endpointId` is `null` if an operator entered the secret. */
export async function storeWebhookSecret(
  env: RuntimeEnv,
  { connectionId, projectId, mode }: StripeConnectionRow,
  { secret, endpointId }: { secret: string; endpointId: string | null },
  now: number,
  actor: Actor | null,
): Promise<void> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const sealed = await seal(keys, webhookSecretAssociatedData(connectionId), secret);
  const action = endpointId === null ? "stripe.set_webhook_secret" : "stripe.register_webhook";
  const target = endpointId ?? connectionId;
  const audit: AuditEntry | null = actor && { actor, at: now, action, target, projectId, mode };
  await saveWebhookSecret(env.DB, connectionId, { sealed, endpointId }, now, audit);
}
