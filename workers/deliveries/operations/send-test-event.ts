import { sendTestEvent } from "../../../shared/contract/operations/endpoints.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import type { OutboundEvent } from "../../../shared/contract/outbound-event.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { Actor } from "../../../shared/db/audit.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readEndpoint } from "../../../shared/db/endpoints.ts";
import { insertEventForEndpoint } from "../../../shared/db/outbound-events.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { enqueueDeliveries } from "../sending/lane.ts";
import { implement } from "./implement.ts";
import { unknownEndpoint } from "./refusals.ts";

/**
 * Sends `endpoint.test` to one endpoint, signed like every other event. It is attempted once, and concerns no
 * subject.
 */
export const sendTest = implement(
  sendTestEvent,
  async ({ env, scope, actor, now, audit }, { endpointId }) => {
    const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
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
    const owner = { ...scope, subjectRef: null };
    const entry = audit({ target: endpointId });
    const wakeUp = await insertEventForEndpoint(dataOf(env, scope), endpointId, owner, event, entry);
    // The endpoint was deleted since it was read.
    if (wakeUp === null) return unknownEndpoint;
    await enqueueDeliveries(env, [wakeUp]);
    return { outcome: "done", deliveryId: wakeUp.deliveryId, eventId };
  },
);

function testEvent(
  id: string,
  { projectId, mode }: Scope,
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
      reservation_id: null,
      decision_id: null,
      sequence: null,
    },
  };
}
