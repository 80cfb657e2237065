import type { JobKey } from "../../../shared/contract/messages.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { type DeliveryJobRow, readDeliveryJob } from "../../../shared/db/delivery-jobs.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { advanceLedgerPhase, type DeliveryJobSelection, processJobPage } from "../db/delivery-jobs.ts";
import type { DeliveriesEnv } from "../env.ts";
import { enqueueDeliveries } from "./lane.ts";

/** The queue accepts at most 100 messages in one batch. */
const pageSize = 100;
const turnMs = 12_000;

/** Runs a job until it is finished or stopped, for at most 12 s. The sweep then resumes it. */
export async function runJob(env: DeliveriesEnv, key: JobKey): Promise<void> {
  const endBy = Date.now() + turnMs;
  while (Date.now() < endBy) {
    const job = await readDeliveryJob(dataOf(env, key), key.jobId);
    if (job?.status !== "running") return;
    if (job.phase === "ledger") {
      await restorePage(env, job);
      continue;
    }
    const { wakeUps, isOver } = await processJobPage(
      dataOf(env, job),
      job,
      pageSize,
      await currentTime(env.DEV),
    );
    await enqueueDeliveries(env, wakeUps);
    if (isOver) return;
  }
}

/**
 * Restores the events of the next subjects through the runtime. A crash before the cursor moves repeats it
 * without effect.
 */
async function restorePage(env: DeliveriesEnv, job: DeliveryJobRow): Promise<void> {
  const selection = JSON.parse(job.selection) as DeliveryJobSelection;
  if (selection.kind !== "replay") throw new Error("only a replay restores events");
  const { projectId, mode } = job;
  const { since, eventTypes } = selection;
  const request = { since, eventTypes, writtenAt: job.createdAt };
  const { after } = await env.RUNTIME.restoreEvents({ projectId, mode }, request, job.cursor);
  await advanceLedgerPhase(dataOf(env, job), job, after, await currentTime(env.DEV));
}
