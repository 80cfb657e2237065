import { waitUntil } from "cloudflare:workers";
import type { z } from "zod";
import { stripeEventEnvelopeSchema } from "../../../shared/contract/stripe-event.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { unseal as decrypt, parseWrappingKeys } from "../../../shared/kit/encryption.ts";
import { remainingMs } from "../../../shared/kit/timeout.ts";
import { fromSeconds } from "../../../shared/stripe/object-fields.ts";
import { readConnection } from "../db/stripe-connections.ts";
import { insertStripeEvent, recordWebhookDelivery, reopenStripeEvent } from "../db/stripe-events.ts";
import { ApiError } from "../http/api-error.ts";
import { readBody } from "../http/read-body.ts";
import { jsonReply } from "../http/reply.ts";
import { type ApiContext, addLogFields } from "../request-context.ts";
import { webhookSecretAssociatedData } from "../stripe-connection/associated-data.ts";
import { processStripeEvent } from "../stripe-events/process-event.ts";
import { firstAttemptTimeoutMs } from "../stripe-events/retry-schedule.ts";
import { hasPlausibleSignature, hasValidSignature } from "../stripe-events/signature.ts";
import { timeouts } from "../timeouts.ts";

const maxBodyBytes = 1024 * 1024;

/** One message for an unknown connection and a wrong signature, so that it does not reveal which connections exist. */
function invalidSignature(): ApiError {
  return new ApiError("invalid_request", "Invalid webhook signature for this endpoint.");
}

/**
 * Receives Stripe events. A `200` means that the event is stored durably in the inbox, and applied now or soon. An event
 * that could not be stored gets a `503`, and Stripe sends it again.
 */
export async function stripeWebhook(c: ApiContext): Promise<Response> {
  const startedAt = Date.now();
  const now = await currentTime(c.env.DEV);
  const header = c.req.header("Stripe-Signature");
  if (!hasPlausibleSignature(header, now)) throw invalidSignature();
  const payload = await readBody(c.req.raw, maxBodyBytes);

  const connectionId = c.req.param("connection_id") ?? "";
  const found = await readConnection(c.env.DB, connectionId);
  if (found === null) throw invalidSignature();
  const { connection } = found;
  addLogFields(c, { connectionId, projectId: connection.projectId, mode: connection.mode });
  const secret = await decrypt(
    parseWrappingKeys(c.env.STRIPE_WRAPPING_KEYS),
    webhookSecretAssociatedData(connectionId),
    connection.webhookSecretSealed,
  );
  if (!(await hasValidSignature(secret, payload, header, now))) throw invalidSignature();

  const text = new TextDecoder().decode(payload);
  const event = readEnvelope(text);
  addLogFields(c, { stripeEventId: event.id });
  const row = await insertStripeEvent(dataOf(c.env, connection), {
    connectionId,
    eventId: event.id,
    projectId: connection.projectId,
    mode: connection.mode,
    type: event.type,
    stripeCreatedAt: fromSeconds(event.created, "the event's time"),
    payload: text,
    status: "received",
    nextTryAt: now + firstAttemptTimeoutMs,
    receivedAt: now,
    foundBy: "webhook",
  });
  addLogFields(c, { replayed: row === null });
  const key = { connectionId, eventId: event.id, projectId: connection.projectId };
  // Shows that the webhook works, if a sweep found the event before.
  if (row === null) await recordWebhookDelivery(dataOf(c.env, connection), key, now);
  // "Resend" in Stripe's dashboard sends the same event. One that failed gets its whole schedule again.
  const isReopened =
    row === null && (await reopenStripeEvent(dataOf(c.env, connection), key, ["failed"], now, null));
  if (row !== null || isReopened) {
    // The reply promises only that the event is stored. A try that fails or does not end is repeated.
    const firstTry = processStripeEvent(c.env, key, row === null ? undefined : { row, found });
    waitUntil(firstTry);
    await Promise.race([firstTry, scheduler.wait(remainingMs(startedAt, timeouts.stripeWebhook))]);
  }
  return jsonReply(c, { received: true });
}

function readEnvelope(text: string): z.output<typeof stripeEventEnvelopeSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError("invalid_json", "Invalid body: it is signed but is not JSON.");
  }
  const result = stripeEventEnvelopeSchema.safeParse(value);
  if (!result.success)
    throw new ApiError("invalid_request", "Invalid body: it is signed but is not a Stripe event.");
  return result.data;
}
