import type { SweepCounts } from "../../../shared/contract/sweeps.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import {
  deleteOldAlerts,
  deleteOldBulkJobs,
  deleteOldDeliveries,
  deleteOldHourlyCounts,
  deleteOldSubjectJobs,
} from "../db/retention.ts";
import { deleteEndedSignIns } from "../db/sign-in-retention.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * The retention of events, deliveries and jobs in any state. The ledger keeps the permanent
 * history. What belongs to a sign-in goes as soon as it has ended.
 */
export const retentionMs = 30 * dayMs;
/** The overview compares 30 days with the 30 days before. */
const hourlyCountsMs = 62 * dayMs;
/** Longer than an incident is reported, so that one that was marked done is not reported again. */
const closedAlertsMs = 60 * dayMs;
const rowsPerSweep = 5_000;
/** A bulk job has up to 1,000 rows. */
const bulkJobsPerSweep = 5;

interface Removed extends SweepCounts {
  deliveries: number;
  events: number;
  /** Rows of counts by hour. */
  hours: number;
  subjectJobs: number;
  bulkJobs: number;
  /** Closed alerts and messages. */
  alerts: number;
  /** Counters, reset links, challenges and sessions of sign-in that have ended. */
  signIns: number;
}

/** Deletes rows older than the retention. Returns how many were deleted. */
export async function sweepRetention(env: DeliveriesEnv): Promise<Removed> {
  const now = await currentTime(env.DEV);
  const removed = await deleteOldDeliveries(env.DB, now - retentionMs, rowsPerSweep);
  const hours = await deleteOldHourlyCounts(env.DB, now - hourlyCountsMs);
  const subjectJobs = await deleteOldSubjectJobs(env.DB, now - retentionMs);
  const bulkJobs = await deleteOldBulkJobs(env.DB, now - retentionMs, bulkJobsPerSweep);
  const old = { messagesBefore: now - retentionMs, alertsBefore: now - closedAlertsMs };
  const alerts = await deleteOldAlerts(env.DB, old, rowsPerSweep);
  return {
    ...removed,
    hours,
    subjectJobs,
    bulkJobs,
    alerts,
    signIns: await deleteEndedSignIns(env.DB, now, rowsPerSweep),
  };
}
