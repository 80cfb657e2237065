import type { AlertMessageContent } from "../../../shared/contract/alerts.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { parseWrappingKeys, unseal } from "../../../shared/kit/encryption.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { OwnFaultError } from "../../../shared/kit/own-fault.ts";
import { getPublicOrigin, sendMail } from "../../../shared/kit/send-mail.ts";
import {
  getNextAttemptTimes,
  getRetryDelayMs,
  maxScheduledAttempts,
  parseRetryAfter,
} from "../../../shared/webhooks/retry-schedule.ts";
import { buildSignatureHeaders } from "../../../shared/webhooks/signing.ts";
import {
  type AlertMessageKey,
  type ClaimedAlertMessage,
  claimAlertMessage,
  recordAlertAttempt,
  releaseAlertMessage,
} from "../db/alert-attempts.ts";
import type { DeliveriesEnv } from "../env.ts";
import { getAddressPolicy } from "../sending/address-policy.ts";
import { checkAddress } from "../sending/check-address.ts";
import { type PostResult, postEvent } from "../sending/post.ts";
import { resolveName } from "../sending/resolve-name.ts";
import { channelAssociatedData } from "./channel-associated-data.ts";
import { toMail, toSlackBody, toWebhookBody } from "./format-message.ts";

/**
 * Sends one message to its channel, with the address rules and the schedule of webhook deliveries.
 *
 * Guarantees: a message ends `sent` after its channel accepted it, or `dead` after the last attempt. Of
 * overlapping workers one makes an attempt. A crash leaves the claim: the message becomes due again. A message
 * that was accepted right before the crash is then sent once more; a signed webhook has the same id, by which a
 * receiver drops it, and email and Slack have no such id.
 */
const leaseMs = 45_000;
const ownFaultPauseMs = 60_000;

export async function sendAlertMessage(env: DeliveriesEnv, key: AlertMessageKey): Promise<void> {
  const { messageId } = key;
  const now = await currentTime(env.DEV);
  const leaseId = crypto.randomUUID();
  const lease = { id: leaseId, now, nextAttemptAts: getNextAttemptTimes(now, now + leaseMs) };
  const claimed = await claimAlertMessage(dataOf(env, key), messageId, lease, maxScheduledAttempts);
  if (claimed === null) return;
  const { channelId, kind, channelKind, number } = claimed;
  const about = { messageId, channelId, channelKind, messageKind: kind, attempt: number };
  const startedAt = Date.now();
  let result: PostResult;
  try {
    result = await send(env, claimed, now);
  } catch (error) {
    const fault = errorMessage(error);
    log("error", "alert_message.own_fault", { ...about, error: fault });
    await releaseAlertMessage(dataOf(env, key), messageId, leaseId, {
      fault,
      nextAttemptAt: now + ownFaultPauseMs,
    });
    return;
  }
  const { status, error, excerpt } = result;
  const endedAt = await currentTime(env.DEV);
  const nextAttemptAt = error === null ? null : findNextAttempt(claimed, result, endedAt);
  await recordAlertAttempt(
    dataOf(env, key),
    messageId,
    leaseId,
    { status, error, excerpt, nextAttemptAt },
    endedAt,
  );
  const outcome = error === null ? "sent" : nextAttemptAt === null ? "dead" : "failed";
  const durationMs = Date.now() - startedAt;
  log(error === null ? "info" : "warn", "alert_message", {
    ...about,
    outcome,
    status,
    code: error ?? undefined,
    durationMs,
  });
}

/** A test is attempted once: an operator waits for its result. */
function findNextAttempt({ kind, number }: ClaimedAlertMessage, result: PostResult, now: number) {
  if (kind === "test") return null;
  const retryAfterMs = parseRetryAfter(result.retryAfter, now);
  const delayMs = getRetryDelayMs(number, { retryAfterMs, random: Math.random() });
  return delayMs === null ? null : now + delayMs;
}

/** Throws only for faults of this installation: then nothing was sent. */
async function send(env: DeliveriesEnv, claimed: ClaimedAlertMessage, now: number): Promise<PostResult> {
  const { messageId, channelId, channelKind, addressSealed, secretSealed } = claimed;
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const content = JSON.parse(claimed.content) as AlertMessageContent;
  const address = await unseal(keys, channelAssociatedData(channelId, "address"), addressSealed);
  const origin = getPublicOrigin(env);
  if (channelKind === "email") {
    const mail = await sendMail(env, address, toMail(content, origin));
    if (mail.outcome !== "failed") return { status: null, error: null, excerpt: "", retryAfter: null };
    if (mail.isOwnFault) throw new OwnFaultError(`Email can't be sent: ${mail.reason}. See docs/alerts.md.`);
    return { status: null, error: "refused", excerpt: mail.reason, retryAfter: null };
  }
  const checked = await checkAddress(address, getAddressPolicy(env), resolveName);
  if (checked.outcome === "refused")
    return { status: null, error: checked.error, excerpt: checked.message, retryAfter: null };
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Licenzy-Alerts/1",
  };
  if (channelKind === "slack") return postEvent(checked.url, headers, toSlackBody(content, origin));
  if (secretSealed === null) throw new Error("a webhook channel has no signing secret");
  const secret = await unseal(keys, channelAssociatedData(channelId, "secret"), secretSealed);
  const body = toWebhookBody(content, messageId);
  return postEvent(
    checked.url,
    { ...headers, ...buildSignatureHeaders([secret], { id: messageId, at: now, body }) },
    body,
  );
}
