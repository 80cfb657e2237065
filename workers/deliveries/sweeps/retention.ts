import type { SweepCounts } from "../../../shared/contract/maintenance.ts";
import { removeOldCheckCounts } from "../../../shared/db/activity.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { removeOldSubjectJobs } from "../../../shared/db/subject-jobs.ts";
import { removeOldDeliveries } from "../../../shared/db/sweep-deliveries.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { DeliveriesEnv } from "../env.ts";

/** How long events, deliveries, counted hours and jobs are kept, whatever their state; the ledger keeps what happened. */
export const keptMs = 30 * dayMs;
const rowsPerSweep = 5_000;

interface Removed extends SweepCounts {
  deliveries: number;
  events: number;
  /** Of checks that were counted, by project and mode. */
  hours: number;
  subjectJobs: number;
}

export async function sweepRetention(env: DeliveriesEnv): Promise<Removed> {
  const now = await currentTime(env.DEV);
  const removed = await d1(removeOldDeliveries(env.DB, now - keptMs, rowsPerSweep));
  const hours = await d1(removeOldCheckCounts(env.DB, now - keptMs));
  return { ...removed, hours, subjectJobs: await d1(removeOldSubjectJobs(env.DB, now - keptMs)) };
}
