import { d1 } from "../../../shared/db/deadline.ts";
import { countDeliveries, type DeliveryFilter } from "../../../shared/db/deliveries.ts";
import { insertJob, requeueableStates } from "../../../shared/db/delivery-jobs.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import { newId } from "../../../shared/kit/ids.ts";
import type { DeliveriesEnv } from "../env.ts";
import type { Actor } from "./actor.ts";

/** A filter of deliveries, restricted to what can be queued again. */
function requeueable(filter: DeliveryFilter): DeliveryFilter {
  const states = filter.states ?? requeueableStates;
  return { ...filter, states: states.filter((state) => requeueableStates.includes(state)) };
}

/** How many deliveries `requeueMany` would queue again. */
export async function countRequeueable(
  env: DeliveriesEnv,
  scope: WebhookScope,
  filter: DeliveryFilter,
): Promise<{ count: number }> {
  return { count: await d1(countDeliveries(env.DB, scope, requeueable(filter))) };
}

/** Begins to queue again every `failed` or `dead` delivery that matches; the job tells how far it is, and can be stopped. */
export async function requeueMany(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  filter: DeliveryFilter,
  now: number,
): Promise<{ jobId: string; total: number }> {
  const { count } = await countRequeueable(env, scope, filter);
  const jobId = newId("job", now);
  const selection = { kind: "requeue" as const, filter: requeueable(filter) };
  const job = { jobId, selection, phase: "deliveries" as const, total: count, actorId: actor.operatorId };
  await d1(insertJob(env.DB, scope, job, now));
  return { jobId, total: count };
}
