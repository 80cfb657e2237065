import type { Mode } from "../../../shared/contract/enums.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import type { StripeConnectionRow } from "../../../shared/db/stripe-connections.ts";
import { formatApiKeyHint } from "../../../shared/kit/api-key.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/encryption.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";
import { deleteOpenBackfills } from "../db/stripe-backfills.ts";
import { saveConnection } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyAssociatedData, webhookSecretAssociatedData } from "./associated-data.ts";

/**
 * Stores a checked key, encrypted, as the connection of this project and mode. A new key replaces the
 * connection in place, because its id is part of the webhook URL in Stripe. Until the webhook's signing
 * secret is set, a random secret takes its place, so that no signature is valid.
 */
export async function connectStripe(
  env: RuntimeEnv,
  { projectId, mode }: { projectId: string; mode: Mode },
  { apiKey, stripeAccountId }: { apiKey: string; stripeAccountId: string | null },
  now: number,
  actor: Actor | null,
): Promise<StripeConnectionRow> {
  const connectionId = connectionIdOf({ projectId, mode });
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const hint = formatApiKeyHint(apiKey);
  const unknownSecret = crypto.randomUUID() + crypto.randomUUID();
  const connection: StripeConnectionRow = {
    connectionId,
    projectId,
    mode,
    apiKeySealed: await seal(keys, apiKeyAssociatedData(connectionId), apiKey),
    webhookSecretSealed: await seal(keys, webhookSecretAssociatedData(connectionId), unknownSecret),
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
  const { saved, isSameAccount } = await saveConnection(env.DB, connection, audit);
  // After a crash before this, a backfill finds none of its objects with the new key, names its customers, and ends.
  if (!isSameAccount) await deleteOpenBackfills(dataOf(env, connection), connectionId);
  return saved;
}
