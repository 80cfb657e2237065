import { d1 } from "../../../shared/db/deadline.ts";
import { stalledJobs } from "../../../shared/db/delivery-jobs.ts";
import { dueDeliveries, endDeliveriesOfDeleted } from "../../../shared/db/sweep-deliveries.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

const lanesPerSweep = 100;
const rowsPerSweep = 5_000;
const jobsPerSweep = 20;
/** A job that runs moves at every page; one that has not for so long lost its worker. */
const jobStalledMs = 30_000;

/**
 * Finds what has no message: what a queue lost, what a killed worker left behind when its lease ended, jobs that nobody
 * goes on with. Each lane and job is an invocation of its own; `background` is given their ends.
 */
export async function sweepDeliveries(
  env: DeliveriesEnv,
  background: (work: Promise<void>) => void,
): Promise<{ due: number; ended: number; jobs: number }> {
  const now = await currentTime(env.DEV);
  const due = await d1(dueDeliveries(env.DB, now, lanesPerSweep));
  for (const wakeUp of due)
    background(
      env.LANES.send(wakeUp).catch((error: unknown) => logFailure("delivery", wakeUp.deliveryId, error)),
    );
  const jobs = await d1(stalledJobs(env.DB, now - jobStalledMs, jobsPerSweep));
  for (const jobId of jobs)
    background(env.LANES.runJob(jobId).catch((error: unknown) => logFailure("job", jobId, error)));
  const ended = await d1(endDeliveriesOfDeleted(env.DB, now, rowsPerSweep));
  return { due: due.length, ended, jobs: jobs.length };
}

function logFailure(what: "delivery" | "job", id: string, error: unknown): void {
  const which = what === "job" ? { jobId: id } : { deliveryId: id };
  log("error", "sweep.lane_failed", { ...which, error: errorMessage(error) });
}
