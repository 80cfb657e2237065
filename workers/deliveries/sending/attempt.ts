import type { AttemptOutcome, ClaimedDelivery } from "../../../shared/db/claim-delivery.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { open, parseWrappingKeys } from "../../../shared/kit/crypto-box.ts";
import { pauseAfterFailure, readRetryAfter } from "../../../shared/webhooks/retry-schedule.ts";
import { signatureHeaders } from "../../../shared/webhooks/signing.ts";
import { readSigningSecrets, secretsThatSign } from "../../../shared/webhooks/signing-secrets.ts";
import type { DeliveriesEnv } from "../env.ts";
import { addressPolicy } from "./address-policy.ts";
import { checkAddress } from "./check-address.ts";
import { type PostResult, post } from "./post.ts";
import { resolveName } from "./resolve-name.ts";
import { signingSecretPlace } from "./signing-secret-place.ts";

/**
 * Makes one attempt and returns its outcome. Throws only for errors of Licenzy, never for those of the
 * receiver.
 */
export async function attempt(env: DeliveriesEnv, claimed: ClaimedDelivery): Promise<AttemptOutcome> {
  const startedAt = Date.now();
  const result = await send(env, claimed, await currentTime(env.DEV));
  const now = await currentTime(env.DEV);
  const pause =
    result.error === null
      ? null
      : pauseAfterFailure(claimed.attemptsInRun, {
          retryAfterMs: readRetryAfter(result.retryAfter, now),
          random: Math.random(),
        });
  return {
    durationMs: Date.now() - startedAt,
    httpStatus: result.status,
    error: result.error,
    excerpt: result.excerpt === "" ? null : result.excerpt,
    nextAttemptAt: pause === null ? null : now + pause,
    isGone: result.status === 410,
  };
}

async function send(env: DeliveriesEnv, claimed: ClaimedDelivery, now: number): Promise<PostResult> {
  const address = await checkAddress(claimed.url, addressPolicy(env), resolveName);
  if (address.outcome === "refused")
    return { status: null, error: address.error, excerpt: address.message, retryAfter: null };
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const signing = secretsThatSign(readSigningSecrets(claimed.signingSecrets), now);
  const associatedData = signingSecretPlace(claimed.endpointId);
  const secrets = await Promise.all(signing.map(({ sealed }) => open(keys, associatedData, sealed)));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Licenzy-Webhooks/1",
    ...signatureHeaders(secrets, { id: claimed.eventId, at: now, body: claimed.body }),
    // In addition to the standard headers: the delivery and the attempt behind this request.
    "licenzy-delivery": claimed.deliveryId,
    "licenzy-attempt": String(claimed.number),
  };
  return post(address.url, headers, claimed.body);
}
