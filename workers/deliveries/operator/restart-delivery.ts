import { type OperatorReply, refusal } from "../../../shared/contract/operator.ts";
import type { DeliveryState } from "../../../shared/contract/words.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readDelivery, restartDelivery } from "../../../shared/db/deliveries.ts";
import { requeueableStates } from "../../../shared/db/delivery-jobs.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";
import { wake } from "../sending/lane.ts";
import { unknownDelivery } from "./unknown.ts";

/** Tries a `failed` or `dead` delivery again now, instead of when it was scheduled, with the schedule from its beginning. */
export function requeueDelivery(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  deliveryId: string,
  now: number,
): Promise<OperatorReply> {
  return restart(env, scope, deliveryId, requeueableStates, {
    actor,
    at: now,
    action: "delivery.requeue",
    target: deliveryId,
    ...scope,
  });
}

/** Sends a `sent` one once more, with the same event id: a receiver that keeps the promise drops it. */
export function resendDelivery(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  deliveryId: string,
  now: number,
): Promise<OperatorReply> {
  return restart(env, scope, deliveryId, ["sent"], {
    actor,
    at: now,
    action: "delivery.resend",
    target: deliveryId,
    ...scope,
  });
}

async function restart(
  env: DeliveriesEnv,
  scope: WebhookScope,
  deliveryId: string,
  states: DeliveryState[],
  audit: AuditEntry,
): Promise<OperatorReply> {
  const found = await d1(readDelivery(env.DB, scope, deliveryId));
  if (found === null) return unknownDelivery;
  const { endpoint, delivery } = found;
  if (endpoint.deletedAt !== null)
    return refusal("conflict", "Its endpoint was deleted, so there is nowhere to send it.");
  if (!endpoint.isEnabled) return refusal("conflict", "Its endpoint is disabled. Enable the endpoint first.");
  if (!states.includes(delivery.state))
    return refusal("conflict", `This delivery is ${delivery.state} by now. Look at it again.`);
  const before = { state: delivery.state, attempts: delivery.attempts };
  const wakeUp = await d1(restartDelivery(env.DB, scope, deliveryId, states, { ...audit, before }));
  // It was in the right state a moment ago, so only an attempt can have come between.
  if (wakeUp === null)
    return refusal("conflict", "An attempt is under way at this moment. See what comes of it first.");
  await wake(env, [wakeUp]);
  return { outcome: "done" };
}
