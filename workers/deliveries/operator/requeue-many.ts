import { damagedJob, isJobId, jobSentTwice } from "../../../shared/contract/job.ts";
import { refusal } from "../../../shared/contract/operator.ts";
import type { DeliveryFilter, WebhookOperatorRpc } from "../../../shared/contract/webhook-operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { countDeliveries } from "../../../shared/db/deliveries.ts";
import { insertJob, requeueable } from "../../../shared/db/delivery-jobs.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";

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
  { jobId, filter }: { jobId: string; filter: DeliveryFilter },
  now: number,
): ReturnType<WebhookOperatorRpc["requeueMany"]> {
  if (!isJobId(jobId)) return damagedJob;
  const { count } = await countRequeueable(env, scope, filter);
  if (count === 0) return refusal("conflict", "No delivery that failed or is dead fits any more.");
  const selection = { kind: "requeue" as const, filter: requeueable(filter) };
  const job = { jobId, selection, phase: "deliveries" as const, total: count, actorId: actor.operatorId };
  const after = { ...selection.filter, total: count };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "delivery.requeue_many",
    target: jobId,
    ...scope,
    after,
  };
  if (!(await d1(insertJob(env.DB, scope, job, audit)))) return jobSentTwice;
  return { outcome: "done", jobId, total: count };
}
