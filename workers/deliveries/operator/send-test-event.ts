import { refusal } from "../../../shared/contract/operator.ts";
import type { OutboundEvent } from "../../../shared/contract/outbound-event.ts";
import type { WebhookOperatorRpc } from "../../../shared/contract/webhook-operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readEndpoint, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { writeEventFor } from "../../../shared/db/write-events.ts";
import { newId } from "../../../shared/kit/ids.ts";
import type { DeliveriesEnv } from "../env.ts";
import { wake } from "../sending/lane.ts";
import { unknownEndpoint } from "./unknown.ts";

/** Sends `endpoint.test` to one endpoint, signed and retried like every other event. It concerns no subject. */
export async function sendTestEvent(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  endpointId: string,
  now: number,
): ReturnType<WebhookOperatorRpc["sendTestEvent"]> {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  if (!endpoint.isEnabled) return refusal("conflict", "The endpoint is disabled. Enable it first.");
  const eventId = newId("evt", now);
  const event = {
    eventId,
    type: "endpoint.test" as const,
    sequence: null,
    occurredAt: now,
    body: JSON.stringify(testEvent(eventId, scope, actor, now)),
  };
  const audit: AuditEntry = { actor, at: now, action: "endpoint.send_test", target: endpointId, ...scope };
  const owner = { ...scope, subjectRef: null };
  const wakeUp = await d1(writeEventFor(env.DB, endpointId, owner, event, audit));
  // Deleted in this moment.
  if (wakeUp === null) return unknownEndpoint;
  await wake(env, [wakeUp]);
  return { outcome: "done", deliveryId: wakeUp.deliveryId, eventId };
}

function testEvent(
  id: string,
  { projectId, mode }: WebhookScope,
  { operatorId }: Actor,
  now: number,
): OutboundEvent {
  return {
    id,
    type: "endpoint.test",
    timestamp: new Date(now).toISOString(),
    data: {
      subject_ref: null,
      project_id: projectId,
      mode,
      product_code: null,
      kind: null,
      status: null,
      reason: "test",
      source: "portal",
      entitlement_id: null,
      attempt_id: null,
      units: null,
      usage_remaining: null,
      amount_total: null,
      currency: null,
      stripe_checkout_session_id: null,
      stripe_payment_intent_id: null,
      stripe_subscription_id: null,
      current_period_end: null,
      expires_at: null,
      canceled_at: null,
      actor_user_id: operatorId,
      metadata: null,
      created_at: null,
      updated_at: null,
      lots: null,
      sequence: null,
    },
  };
}
