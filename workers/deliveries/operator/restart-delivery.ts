import type { DeliveryState } from "../../../shared/contract/words.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readDelivery, restartDelivery } from "../../../shared/db/deliveries.ts";
import { requeueableStates } from "../../../shared/db/delivery-jobs.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";
import { wake } from "../sending/lane.ts";

export type RestartResult =
  | { outcome: "scheduled" }
  | { outcome: "not_found" }
  /** It is in another state than this action is for: `pending` ones are on their way anyway. */
  | { outcome: "wrong_state"; state: DeliveryState }
  /** An attempt is under way at this moment. */
  | { outcome: "under_way" }
  | { outcome: "endpoint_disabled" }
  | { outcome: "endpoint_deleted" };

/** Tries a `failed` or `dead` delivery again now, instead of when it was scheduled, with the schedule from its beginning. */
export function requeueDelivery(
  env: DeliveriesEnv,
  scope: WebhookScope,
  deliveryId: string,
  now: number,
): Promise<RestartResult> {
  return restart(env, scope, deliveryId, requeueableStates, now);
}

/** Sends a `sent` one once more, with the same event id: a receiver that keeps the promise drops it. */
export function resendDelivery(
  env: DeliveriesEnv,
  scope: WebhookScope,
  deliveryId: string,
  now: number,
): Promise<RestartResult> {
  return restart(env, scope, deliveryId, ["sent"], now);
}

async function restart(
  env: DeliveriesEnv,
  scope: WebhookScope,
  deliveryId: string,
  states: DeliveryState[],
  now: number,
): Promise<RestartResult> {
  const found = await d1(readDelivery(env.DB, scope, deliveryId));
  if (found === null) return { outcome: "not_found" };
  if (found.endpoint.deletedAt !== null) return { outcome: "endpoint_deleted" };
  if (!found.endpoint.isEnabled) return { outcome: "endpoint_disabled" };
  if (!states.includes(found.delivery.state)) return { outcome: "wrong_state", state: found.delivery.state };
  const wakeUp = await d1(restartDelivery(env.DB, scope, deliveryId, states, now));
  // It was in the right state a moment ago, so only an attempt can have come between.
  if (wakeUp === null) return { outcome: "under_way" };
  await wake(env, [wakeUp]);
  return { outcome: "scheduled" };
}
