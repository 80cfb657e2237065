import type { DeliveryState } from "../../../shared/contract/enums.ts";
import {
  requeueableStates,
  requeueDelivery,
  resendDelivery,
} from "../../../shared/contract/operations/deliveries.ts";
import { type OperatorReply, refusal } from "../../../shared/contract/operations/reply.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readDelivery } from "../../../shared/db/deliveries.ts";
import type { OperationContext } from "../../../shared/operations/implement.ts";
import { restartDelivery } from "../db/deliveries.ts";
import type { DeliveriesEnv } from "../env.ts";
import { enqueueDeliveries } from "../sending/lane.ts";
import { implement } from "./implement.ts";
import { unknownDelivery } from "./refusals.ts";

export const requeue = implement(requeueDelivery, (context, { deliveryId }) =>
  restart(context, deliveryId, requeueableStates, context.audit({ target: deliveryId })),
);

/** A receiver that drops duplicates by event id drops this one. */
export const resend = implement(resendDelivery, (context, { deliveryId }) =>
  restart(context, deliveryId, ["sent"], context.audit({ target: deliveryId })),
);

async function restart(
  { env, scope }: Pick<OperationContext<DeliveriesEnv, typeof requeueDelivery>, "env" | "scope">,
  deliveryId: string,
  states: DeliveryState[],
  audit: AuditEntry,
): Promise<OperatorReply> {
  const found = await readDelivery(dataOf(env, scope), scope, deliveryId);
  if (found === null) return unknownDelivery;
  const { endpoint, delivery } = found;
  if (endpoint.deletedAt !== null)
    return refusal("conflict", "The endpoint was deleted. The delivery can't be sent.");
  if (!endpoint.isEnabled) return refusal("conflict", "The endpoint is disabled. Enable it first.");
  if (!states.includes(delivery.state))
    return refusal("conflict", `This delivery is now ${delivery.state}. Review it, then try again.`);
  const before = { state: delivery.state, attempts: delivery.attempts };
  const wakeUp = await restartDelivery(dataOf(env, scope), scope, deliveryId, states, { ...audit, before });
  // Its state was right a moment ago, so only an attempt can have started in between.
  if (wakeUp === null)
    return refusal("conflict", "An attempt is in progress. Wait for its result, then try again.");
  await enqueueDeliveries(env, [wakeUp]);
  return { outcome: "done" };
}
