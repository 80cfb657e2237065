import { stopReply } from "../../../shared/contract/job.ts";
import type { OperatorReply } from "../../../shared/contract/operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import {
  type DeliveryJobRow,
  listJobs as listRows,
  readJob as readRow,
  stopJobRow,
} from "../../../shared/db/delivery-jobs.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";

type JobView = Omit<DeliveryJobRow, "cursor">;

const jobsShown = 20;

function viewOf({ cursor: _, ...job }: DeliveryJobRow): JobView {
  return job;
}

export async function listJobs(env: DeliveriesEnv, scope: WebhookScope): Promise<JobView[]> {
  return (await d1(listRows(env.DB, scope, jobsShown))).map(viewOf);
}

export async function readJob(
  env: DeliveriesEnv,
  scope: WebhookScope,
  jobId: string,
): Promise<JobView | null> {
  const job = await d1(readRow(env.DB, jobId));
  return job?.projectId === scope.projectId && job.mode === scope.mode ? viewOf(job) : null;
}

/** What is done stays done; what was not reached stays as it is. */
export async function stopJob(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  jobId: string,
  now: number,
): Promise<OperatorReply> {
  const audit: AuditEntry = { actor, at: now, action: "delivery_job.stop", target: jobId, ...scope };
  return stopReply(await d1(stopJobRow(env.DB, scope, jobId, audit)));
}
