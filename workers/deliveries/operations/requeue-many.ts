import {
  requeueMany,
  stopDeliveryJob,
  toRequeueableFilter,
} from "../../../shared/contract/operations/deliveries.ts";
import { jobAlreadyStarted, stopReply } from "../../../shared/contract/operations/jobs.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { countDeliveries } from "../db/deliveries.ts";
import { insertDeliveryJob, stopDeliveryJobRow } from "../db/delivery-jobs.ts";
import { implement } from "./implement.ts";

/** Starts to retry every `failed` or `dead` delivery that matches. The job's row counts its progress. */
export const start = implement(
  requeueMany,
  async ({ env, scope, actor, audit, waitUntil }, { jobId, filter: matching }) => {
    const filter = toRequeueableFilter(matching);
    const total = await countDeliveries(dataOf(env, scope), scope, filter);
    if (total === 0) return refusal("conflict", "No failed or retrying delivery matches this filter.");
    const selection = { kind: "requeue" as const, filter };
    const job = { jobId, selection, phase: "deliveries" as const, total, actorId: actor.operatorId };
    const entry = audit({ target: jobId, after: { ...filter, total } });
    if (!(await insertDeliveryJob(dataOf(env, scope), scope, job, entry))) return jobAlreadyStarted;
    waitUntil(env.LANES.runJob({ projectId: scope.projectId, jobId }));
    return { outcome: "done", jobId, total };
  },
);

export const stop = implement(stopDeliveryJob, async ({ env, scope, audit }, { jobId }) =>
  stopReply(await stopDeliveryJobRow(dataOf(env, scope), scope, jobId, audit({ target: jobId }))),
);
