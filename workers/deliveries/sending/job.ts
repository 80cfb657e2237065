import { d1 } from "../../../shared/db/deadline.ts";
import {
  advanceLedgerPhase,
  type DeliveryJobRow,
  doJobPage,
  type JobSelection,
  readJob,
} from "../../../shared/db/delivery-jobs.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { DeliveriesEnv } from "../env.ts";
import { wake } from "./lane.ts";

/** The queue takes at most 100 messages at once. */
const pageSize = 100;
const turnMs = 12_000;

/** Works on a job until it is over, stopped, or this turn has taken long enough: then the sweep goes on with it. */
export async function runJob(env: DeliveriesEnv, jobId: string): Promise<void> {
  const endBy = Date.now() + turnMs;
  while (Date.now() < endBy) {
    const job = await d1(readJob(env.DB, jobId));
    if (job?.status !== "running") return;
    if (job.phase === "ledger") {
      await restorePage(env, job);
      continue;
    }
    const { wakeUps, isOver } = await d1(doJobPage(env.DB, job, pageSize, await currentTime(env.DEV)));
    await wake(env, wakeUps);
    if (isOver) return;
  }
}

/** Has the runtime bring back the events of the next subjects. A kill between the two repeats it, which changes nothing. */
async function restorePage(env: DeliveriesEnv, job: DeliveryJobRow): Promise<void> {
  const selection = JSON.parse(job.selection) as JobSelection;
  if (selection.kind !== "replay") throw new Error("only a replay brings events back");
  const { projectId, mode } = job;
  const { since, eventTypes } = selection;
  const request = { since, eventTypes, writtenAt: job.createdAt };
  const { after } = await env.RUNTIME.restoreEvents({ projectId, mode }, request, job.cursor);
  await d1(advanceLedgerPhase(env.DB, job, after, await currentTime(env.DEV)));
}
