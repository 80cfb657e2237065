import type { Mode } from "../../../shared/contract/words.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { type ConnectionRow, saveConnection } from "../../../shared/db/save-connection.ts";
import { apiKeyHint } from "../../../shared/kit/api-key.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { derivedId } from "../../../shared/kit/ids.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyPlace, webhookSecretPlace } from "../stripe-inbound/connection.ts";

/**
 * Keeps a key that was checked, sealed, as the connection of this project and mode. A connection is replaced in place:
 * its id is in the webhook's address at Stripe. Until the webhook's secret is known, a secret that nobody knows stands
 * for it, so that no signature fits.
 */
export async function connectStripe(
  env: RuntimeEnv,
  { projectId, mode }: { projectId: string; mode: Mode },
  { apiKey, stripeAccountId }: { apiKey: string; stripeAccountId: string | null },
  now: number,
  actor: Actor | null,
): Promise<ConnectionRow> {
  const connectionId = derivedId("con", `${projectId}/${mode}`);
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const hint = apiKeyHint(apiKey);
  const nobodysSecret = crypto.randomUUID() + crypto.randomUUID();
  const connection: ConnectionRow = {
    connectionId,
    projectId,
    mode,
    apiKeySealed: await seal(keys, apiKeyPlace(connectionId), apiKey),
    webhookSecretSealed: await seal(keys, webhookSecretPlace(connectionId), nobodysSecret),
    webhookSetAt: null,
    webhookEndpointId: null,
    stripeAccountId,
    apiKeyHint: hint,
    sweptTo: now,
    nextSweepAt: now,
    sweepError: null,
    rereadStartedAt: null,
    rereadAfter: null,
    createdAt: now,
    updatedAt: now,
  };
  const after = { apiKey: hint, stripeAccountId };
  const audit: AuditEntry | null = actor && {
    actor,
    at: now,
    action: "stripe.connect",
    target: hint,
    projectId,
    mode,
    after,
  };
  return d1(saveConnection(env.DB, connection, audit));
}
