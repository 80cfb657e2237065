import { dataByNumber } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { endDeliveriesOfDeletedEndpoints, listDueDeliveries } from "../db/deliveries.ts";
import { claimStalledDeliveryJobs } from "../db/delivery-jobs.ts";
import type { DeliveriesEnv } from "../env.ts";

const lanesPerSweep = 100;
const rowsPerSweep = 5_000;
const jobsPerSweep = 20;
/** A running job updates its row at every page. After 30 s without an update, its worker is presumed dead. */
const jobStalledMs = 30_000;

/**
 * Finds deliveries and jobs without a message: lost by a queue, or left by a crashed worker after its lease
 * expired. Each lane and job runs in a separate invocation. `background` receives their promises.
 */
export async function sweepDeliveries(
  env: DeliveriesEnv,
  database: number,
  background: (work: Promise<void>) => void,
): Promise<{ due: number; ended: number; jobs: number }> {
  const data = dataByNumber(env, database);
  const now = await currentTime(env.DEV);
  const due = await listDueDeliveries(data, now, lanesPerSweep);
  for (const message of due)
    background(
      env.LANES.send(message).catch((error: unknown) => logFailure("delivery", message.deliveryId, error)),
    );
  const jobs = await claimStalledDeliveryJobs(data, { now, before: now - jobStalledMs }, jobsPerSweep);
  for (const key of jobs)
    background(env.LANES.runJob(key).catch((error: unknown) => logFailure("job", key.jobId, error)));
  const ended = await endDeliveriesOfDeletedEndpoints(data, now, rowsPerSweep);
  return { due: due.length, ended, jobs: jobs.length };
}

function logFailure(kind: "delivery" | "job", id: string, error: unknown): void {
  const ids = kind === "job" ? { jobId: id } : { deliveryId: id };
  log("error", "sweep.lane_failed", { ...ids, error: errorMessage(error) });
}
