import { d1 } from "../../../shared/db/deadline.ts";
import { readEndpoint, replaceSigningSecrets, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { open, parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { newSigningSecret } from "../../../shared/webhooks/signing.ts";
import { longestOverlapMs, readSigningSecrets, rotate } from "../../../shared/webhooks/signing-secrets.ts";
import type { DeliveriesEnv } from "../env.ts";
import { signingSecretPlace } from "../sending/signing-secret-place.ts";

export type RevealSecretResult = { outcome: "revealed"; secret: string } | { outcome: "not_found" };

/** The newest signing secret, in the clear. */
export async function revealSecret(
  env: DeliveriesEnv,
  scope: WebhookScope,
  endpointId: string,
): Promise<RevealSecretResult> {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return { outcome: "not_found" };
  const [newest] = readSigningSecrets(endpoint.signingSecrets);
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  return { outcome: "revealed", secret: await open(keys, signingSecretPlace(endpointId), newest.sealed) };
}

export type RotateSecretResult =
  | { outcome: "rotated"; secret: string; formerSignsUntil: number }
  | { outcome: "refused"; message: string }
  | { outcome: "not_found" }
  /** Somebody else rotated at the same moment: look again. */
  | { outcome: "conflict" };

/** A new secret signs from now on; the one before goes on beside it for `overlapMs`, 0 to 7 days. */
export async function rotateSecret(
  env: DeliveriesEnv,
  scope: WebhookScope,
  endpointId: string,
  overlapMs: number,
  now: number,
): Promise<RotateSecretResult> {
  if (!Number.isSafeInteger(overlapMs) || overlapMs < 0 || overlapMs > longestOverlapMs)
    return { outcome: "refused", message: "The former secret can go on signing for 0 to 7 days." };
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return { outcome: "not_found" };
  const secret = newSigningSecret();
  const sealed = await seal(
    parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS),
    signingSecretPlace(endpointId),
    secret,
  );
  const from = endpoint.signingSecrets;
  const to = JSON.stringify(rotate(readSigningSecrets(from), sealed, { now, overlapMs }));
  if (!(await d1(replaceSigningSecrets(env.DB, scope, endpointId, { from, to }, now))))
    return { outcome: "conflict" };
  return { outcome: "rotated", secret, formerSignsUntil: now + overlapMs };
}
