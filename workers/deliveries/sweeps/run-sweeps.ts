import {
  controlSweeps,
  type DeliveriesSweep,
  deliveriesSweeps,
  runtimeSweeps,
  type SweepCounts,
  sweepTimes,
} from "../../../shared/contract/sweeps.ts";
import { forwardAudit } from "../../../shared/db/audit-outbox.ts";
import { listDatabases, nameOfRun } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import { clearSweepTrouble, saveSweepTrouble } from "../db/sweep-troubles.ts";
import type { DeliveriesEnv } from "../env.ts";
import { sweepAccessAudits } from "./access-audits.ts";
import { sweepAlertMessages } from "./alert-messages.ts";
import { sweepAlerts } from "./alerts.ts";
import { sweepBulkJobs } from "./bulk-jobs.ts";
import { sweepDeliveries } from "./deliveries.ts";
import { sweepRetention } from "./retention.ts";
import { sweepSubjectJobs } from "./subject-jobs.ts";

/**
 * Runs the sweeps of each minute: they recover work that a queue, an alarm or a crash lost.
 *
 * The sweeps run side by side, each with a separate budget, so that none waits for another: what needs Stripe
 * delays only what needs Stripe. The platform starts the next minute's run whether or not this one has ended, so
 * every sweep claims what it works on. No sweep waits for a receiver: `background` receives the promises of the
 * sends. A sweep that is slow or fails is named on the portal's overview.
 *
 * Each data database has its own run of a sweep: one that is full or does not answer holds up no other.
 */

type Sweep = () => Promise<SweepCounts>;

export async function runSweeps(
  env: DeliveriesEnv,
  background: (work: Promise<void>) => void,
): Promise<Record<string, unknown>> {
  const startedAt = await currentTime(env.DEV);
  const own: Record<DeliveriesSweep, (database: number) => Promise<SweepCounts>> = {
    deliveries: (database) => sweepDeliveries(env, database, background),
    subjectJobs: (database) => sweepSubjectJobs(env, database, background),
    bulkJobs: (database) => sweepBulkJobs(env, database, background),
    accessAudits: (database) => sweepAccessAudits(env, database, background),
    alertMessages: (database) => sweepAlertMessages(env, database, background),
    alerts: (database) => sweepAlerts(env, database),
    retention: (database) => sweepRetention(env, database),
    auditEntries: async (database) => ({ forwarded: await forwardAudit(env, database) }),
  };
  const sweeps = listDatabases(env).flatMap((database): [name: string, sweep: Sweep][] => [
    ...runtimeSweeps
      .filter((name) => database === 0 || !controlSweeps.has(name))
      .map((name): [string, Sweep] => [nameOfRun(name, database), () => env.RUNTIME.sweep(name, database)]),
    ...deliveriesSweeps.map((name): [string, Sweep] => [
      nameOfRun(name, database),
      () => own[name](database),
    ]),
  ]);
  const results = await Promise.all(
    sweeps.map(async ([name, sweep]) => [name, await runSweep(env, name, sweep, startedAt)] as const),
  );
  return Object.fromEntries(results);
}

async function runSweep(
  env: DeliveriesEnv,
  sweep: string,
  run: Sweep,
  startedAt: number,
): Promise<SweepCounts | { error: string }> {
  const since = Date.now();
  const result = await withTimeout(sweep, sweepTimes.timeout, startSweep(run)).catch((error: unknown) => ({
    error: describeFailure(error),
  }));
  const durationMs = Date.now() - since;
  const error = "error" in result ? String(result.error) : null;
  if (error !== null) log("error", "sweep.failed", { sweep, error, durationMs });
  else if (Object.values(result).some((count) => Number(count) > 0))
    log("info", "sweep", { sweep, counts: result, durationMs });
  await recordTrouble(env, { sweep, startedAt, durationMs, error });
  return result;
}

/** Also turns what a sweep throws before its first `await` into a rejection. */
async function startSweep(run: Sweep): Promise<SweepCounts> {
  return run();
}

/** `withTimeout` wraps the failure. */
function describeFailure(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

/** Without trouble this writes nothing, so the overview costs no write per minute and sweep. */
async function recordTrouble(
  env: DeliveriesEnv,
  run: { sweep: string; startedAt: number; durationMs: number; error: string | null },
): Promise<void> {
  try {
    const isTrouble = run.error !== null || run.durationMs > sweepTimes.slowAfter;
    if (isTrouble) await saveSweepTrouble(env.DB, run);
    else await clearSweepTrouble(env.DB, run.sweep, run.startedAt);
  } catch (error) {
    // The sweep itself is done. The log has its failure.
    log("warn", "sweep.trouble_not_recorded", { sweep: run.sweep, error: errorMessage(error) });
  }
}
