import { currentTime } from "../../../shared/kit/clock.ts";
import { parseWrappingKeys, unseal } from "../../../shared/kit/encryption.ts";
import { getRetryDelayMs, parseRetryAfter } from "../../../shared/webhooks/retry-schedule.ts";
import { buildSignatureHeaders } from "../../../shared/webhooks/signing.ts";
import { findActiveSecrets, parseSigningSecrets } from "../../../shared/webhooks/signing-secrets.ts";
import { type ClaimedDelivery, type DeliveryAttemptOutcome, testEventType } from "../db/delivery-attempts.ts";
import type { DeliveriesEnv } from "../env.ts";
import { getAddressPolicy } from "./address-policy.ts";
import { checkAddress } from "./check-address.ts";
import { type PostResult, postEvent } from "./post.ts";
import { resolveName } from "./resolve-name.ts";
import { signingSecretAssociatedData } from "./signing-secret-associated-data.ts";

/**
 * Makes one attempt and returns its outcome. Throws only for faults of this installation, before anything is
 * sent; never for those of the receiver.
 */
export async function attemptDelivery(
  env: DeliveriesEnv,
  claimed: ClaimedDelivery,
): Promise<DeliveryAttemptOutcome> {
  const startedAt = Date.now();
  const result = await send(env, claimed, await currentTime(env.DEV));
  const now = await currentTime(env.DEV);
  const pause =
    result.error === null || claimed.eventType === testEventType
      ? null
      : getRetryDelayMs(claimed.attemptsInRun, {
          retryAfterMs: parseRetryAfter(result.retryAfter, now),
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
  const address = await checkAddress(claimed.url, getAddressPolicy(env), resolveName);
  if (address.outcome === "refused")
    return { status: null, error: address.error, excerpt: address.message, retryAfter: null };
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const signing = findActiveSecrets(parseSigningSecrets(claimed.signingSecrets), now);
  const associatedData = signingSecretAssociatedData(claimed.endpointId);
  const secrets = await Promise.all(signing.map(({ sealed }) => unseal(keys, associatedData, sealed)));
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Licenzy-Webhooks/1",
    ...buildSignatureHeaders(secrets, { id: claimed.eventId, at: now, body: claimed.body }),
    // In addition to the standard headers: the delivery and the attempt behind this request.
    "licenzy-delivery": claimed.deliveryId,
    "licenzy-attempt": String(claimed.number),
  };
  return postEvent(address.url, headers, claimed.body);
}
