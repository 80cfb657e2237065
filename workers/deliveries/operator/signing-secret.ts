import { refusal } from "../../../shared/contract/operator.ts";
import type { WebhookOperatorRpc } from "../../../shared/contract/webhook-operator.ts";
import { type Actor, type AuditEntry, writeAudit } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readEndpoint, replaceSigningSecrets, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { open, parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { newSigningSecret } from "../../../shared/webhooks/signing.ts";
import { longestOverlapMs, readSigningSecrets, rotate } from "../../../shared/webhooks/signing-secrets.ts";
import type { DeliveriesEnv } from "../env.ts";
import { signingSecretPlace } from "../sending/signing-secret-place.ts";
import { unknownEndpoint } from "./unknown.ts";

/** The newest signing secret, in the clear. It is in the audit log before it is shown: never shown without. */
export async function revealSecret(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  endpointId: string,
  now: number,
): ReturnType<WebhookOperatorRpc["revealSecret"]> {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const [newest] = readSigningSecrets(endpoint.signingSecrets);
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const secret = await open(keys, signingSecretPlace(endpointId), newest.sealed);
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.reveal_secret",
    target: endpointId,
    ...scope,
  };
  await d1(writeAudit(env.DB, audit));
  return { outcome: "done", secret };
}

/** A new secret signs from now on; the one before goes on beside it for `overlapMs`, 0 to 7 days. */
export async function rotateSecret(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  { endpointId, version, overlapMs }: { endpointId: string; version: number; overlapMs: number },
  now: number,
): ReturnType<WebhookOperatorRpc["rotateSecret"]> {
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > longestOverlapMs)
    return refusal("invalid", "The former secret can go on signing for 0 to 7 days.", "overlap");
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const secret = newSigningSecret();
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const sealed = await seal(keys, signingSecretPlace(endpointId), secret);
  const secrets = rotate(readSigningSecrets(endpoint.signingSecrets), sealed, { now, overlapMs });
  const after = { former_signs_until: new Date(now + overlapMs).toISOString() };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.rotate_secret",
    target: endpointId,
    ...scope,
    after,
  };
  if (await d1(replaceSigningSecrets(env.DB, scope, { endpointId, version }, JSON.stringify(secrets), audit)))
    return { outcome: "done", secret, formerSignsUntil: now + overlapMs };
  return refusal(
    "conflict",
    "The endpoint was changed since you opened this page, or the form was sent twice. Look at it again first.",
  );
}
