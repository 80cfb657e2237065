import { type SweepCounts, sweepTimes } from "../../../shared/contract/sweeps.ts";
import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { inSteps } from "../../../shared/kit/in-steps.ts";
import {
  deleteOldAccessAudits,
  deleteOldAlerts,
  deleteOldBulkJobs,
  deleteOldDeliveries,
  deleteOldDeliveryJobs,
  deleteOldEndpoints,
  deleteOldHourlyCounts,
  deleteOldRecoveryLinks,
  deleteOldRecoveryRequests,
  deleteOldShadow,
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
/** Longer than a link works, so that the timeline keeps its result. */
const recoveryLinksMs = 365 * dayMs;
/**
 * A step blocks its database for some 50 ms. 100 steps are 50,000 deliveries in a minute, which is more than the
 * database can write new ones.
 */
const rowsPerStep = 500;
const steps = 100;

/**
 * Deletes rows older than the retention, in small steps until none is left or the sweep's time is over. All databases
 * share the calls that the platform allows an invocation. Returns how many rows were deleted, by what they were.
 */
export async function sweepRetention(env: DeliveriesEnv, database: number): Promise<SweepCounts> {
  const data = dataByNumber(env, database);
  const now = await currentTime(env.DEV);
  const before = now - retentionMs;
  const oldAlerts = { messagesBefore: before, alertsBefore: now - closedAlertsMs };
  const options = {
    limit: rowsPerStep,
    max: Math.max(1, Math.floor(steps / listDatabases(env).length)),
    endBy: Date.now() + sweepTimes.budget,
  };
  // Deliveries come last, because they have the most rows: a backlog of them holds up nothing else.
  const removals: ((limit: number) => Promise<SweepCounts>)[] = [
    async (limit) => ({ hours: await deleteOldHourlyCounts(data, now - hourlyCountsMs, limit) }),
    async (limit) => ({ subjectJobs: await deleteOldSubjectJobs(data, before, limit) }),
    async (limit) => ({ deliveryJobs: await deleteOldDeliveryJobs(data, before, limit) }),
    (limit) => deleteOldBulkJobs(data, before, limit),
    (limit) => deleteOldAccessAudits(data, before, limit),
    async (limit) => ({ alerts: await deleteOldAlerts(data, oldAlerts, limit) }),
    async (limit) => ({ shadow: await deleteOldShadow(data, before, limit) }),
    async (limit) => ({ recoveryRequests: await deleteOldRecoveryRequests(data, before, limit) }),
    async (limit) => ({ recoveryLinks: await deleteOldRecoveryLinks(data, now - recoveryLinksMs, limit) }),
    async (limit) => ({
      signIns: database === 0 ? await deleteEndedSignIns(env.DB, now, limit) : 0,
    }),
    (limit) => deleteOldDeliveries(data, before, limit),
    // A day after their last deliveries.
    async (limit) => ({ endpoints: await deleteOldEndpoints(data, before - dayMs, limit) }),
  ];
  const counts: SweepCounts = {};
  let failure: unknown = null;
  for (const removal of removals) {
    try {
      Object.assign(counts, await inSteps(removal, options));
    } catch (error) {
      // Rows that can't be deleted keep no others. The overview names the sweep.
      failure ??= error;
      if (Date.now() >= options.endBy) break;
    }
  }
  if (failure !== null) throw failure;
  return counts;
}
