import type { z } from "zod";
import { stripeEventEnvelopeSchema } from "../../../shared/contract/stripe-event.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readConnection } from "../../../shared/db/stripe-connections.ts";
import { insertEvent } from "../../../shared/db/stripe-inbox.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { open, parseWrappingKeys } from "../../../shared/kit/crypto-box.ts";
import { readBody } from "../middleware/read-body.ts";
import { jsonReply, RequestRefused } from "../reply.ts";
import type { RuntimeContext } from "../request-context.ts";
import { webhookSecretPlace } from "../stripe-inbound/connection.ts";
import { firstTryMs } from "../stripe-inbound/retry-schedule.ts";
import { hasPlausibleSignature, isSignedBy } from "../stripe-inbound/signature.ts";
import { tryEvent } from "../stripe-inbound/try-event.ts";

const maxBodyBytes = 1024 * 1024;

/** One wording for an unknown connection and a wrong signature: a stranger learns nothing of what exists. */
function notSigned(): RequestRefused {
  return new RequestRefused("invalid_request", "The signature does not fit this address and body.");
}

/**
 * Stripe's events come in here. What is answered with `200` is in the inbox for good, and applied now or soon; what
 * could not be stored is answered with `503`, and Stripe sends it again.
 */
export async function stripeWebhook(c: RuntimeContext): Promise<Response> {
  const now = await currentTime(c.env.DEV);
  const header = c.header("Stripe-Signature");
  if (!hasPlausibleSignature(header, now)) throw notSigned();
  const payload = await readBody(c.request, maxBodyBytes);

  const connectionId = c.lastPathSegment();
  const found = await d1(readConnection(c.env.DB, connectionId));
  if (found === null) throw notSigned();
  const { connection } = found;
  c.note({ connectionId, projectId: connection.projectId, mode: connection.mode });
  const secret = await open(
    parseWrappingKeys(c.env.STRIPE_WRAPPING_KEYS),
    webhookSecretPlace(connectionId),
    connection.webhookSecretSealed,
  );
  if (!(await isSignedBy(secret, payload, header, now))) throw notSigned();

  const text = new TextDecoder().decode(payload);
  const event = readEnvelope(text);
  c.note({ stripeEventId: event.id });
  const isNew = await d1(
    insertEvent(c.env.DB, {
      connectionId,
      eventId: event.id,
      projectId: connection.projectId,
      mode: connection.mode,
      type: event.type,
      stripeCreatedAt: event.created * 1_000,
      payload: text,
      status: "received",
      nextTryAt: now + firstTryMs,
      receivedAt: now,
      foundBy: "webhook",
    }),
  );
  c.note({ replayed: !isNew });
  // Stored is promised; applied at once is the rule, and when it fails the row is tried again.
  if (isNew) await tryEvent(c.env, { connectionId, eventId: event.id });
  return jsonReply(c, { received: true });
}

function readEnvelope(text: string): z.output<typeof stripeEventEnvelopeSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RequestRefused("invalid_json", "The body is signed but is not JSON.");
  }
  const result = stripeEventEnvelopeSchema.safeParse(value);
  if (!result.success)
    throw new RequestRefused("invalid_request", "The body is signed but is not a Stripe event.");
  return result.data;
}
