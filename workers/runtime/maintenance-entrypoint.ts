import { WorkerEntrypoint } from "cloudflare:workers";
import type { RestoreRequest, RuntimeMaintenance } from "../../shared/contract/maintenance.ts";
import type { JobKey, StripeRetryMessage } from "../../shared/contract/messages.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import { type RuntimeSweep, type SweepCounts, sweepTimes } from "../../shared/contract/sweeps.ts";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import { dataByNumber, dataOf } from "../../shared/db/databases.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { claimAccessAudits } from "./db/access-audit-leases.ts";
import { claimBulkJobs } from "./db/bulk-job-rows.ts";
import { claimStalledSubjectJobs } from "./db/subject-jobs.ts";
import { listSubjectsOfProject } from "./db/subjects.ts";
import type { RuntimeEnv } from "./env.ts";
import { auditLeaseMs, runAccessAudit } from "./jobs/run-access-audit.ts";
import { bulkLeaseMs, runBulkJob } from "./jobs/run-bulk-job.ts";
import { runSubjectJob } from "./jobs/run-subject-job.ts";
import { startDailyAudits } from "./jobs/start-daily-audits.ts";
import { processStripeEvent } from "./stripe-events/process-event.ts";
import { callSubject } from "./subject-stub.ts";
import { sweeps } from "./sweeps/table.ts";

const subjectsPerRestore = 20;
const maxJobsPerSweep = 20;
/** A running job updates its row every page; after 20 s without an update its worker is presumed dead. */
const jobStalledMs = 20_000;

/**
 * Runs work of the runtime for the queue consumers and crons of the deliveries worker. Only the runtime writes inbox,
 * attempts and subject copies. An RPC entrypoint: no HTTP request can call it.
 */
export class MaintenanceEntrypoint extends WorkerEntrypoint<RuntimeEnv> implements RuntimeMaintenance {
  constructor(ctx: ExecutionContext, env: RuntimeEnv) {
    super(ctx, withD1Timeout(env));
  }

  async processStripeEvent(message: StripeRetryMessage): Promise<void> {
    await processStripeEvent(this.env, message);
  }

  /** A deliveries worker of an earlier release names no database. */
  async sweep(name: RuntimeSweep, database = 0): Promise<SweepCounts> {
    return sweeps[name](this.env, { endBy: Date.now() + sweepTimes.budget }, database);
  }

  async claimSubjectJobs(database = 0): Promise<JobKey[]> {
    const now = await currentTime(this.env.DEV);
    return claimStalledSubjectJobs(
      dataByNumber(this.env, database),
      { now, before: now - jobStalledMs },
      maxJobsPerSweep,
    );
  }

  async runSubjectJob(key: JobKey): Promise<void> {
    await runSubjectJob(this.env, key);
  }

  async claimBulkJobs(database = 0): Promise<JobKey[]> {
    const now = await currentTime(this.env.DEV);
    return claimBulkJobs(
      dataByNumber(this.env, database),
      { now, leaseUntil: now + bulkLeaseMs },
      maxJobsPerSweep,
    );
  }

  async runBulkJob(key: JobKey): Promise<boolean> {
    return runBulkJob(this.env, key);
  }

  async claimAccessAudits(database = 0): Promise<JobKey[]> {
    const now = await currentTime(this.env.DEV);
    await startDailyAudits(this.env, database, now, maxJobsPerSweep);
    return claimAccessAudits(
      dataByNumber(this.env, database),
      { now, leaseUntil: now + auditLeaseMs },
      maxJobsPerSweep,
    );
  }

  async runAccessAudit(key: JobKey): Promise<boolean> {
    return runAccessAudit(this.env, key);
  }

  async restoreEvents(
    scope: Scope,
    request: RestoreRequest,
    after: string,
  ): Promise<{ after: string | null }> {
    const page = await listSubjectsOfProject(dataOf(this.env, scope), scope, after, subjectsPerRestore);
    for (const identity of page)
      await callSubject(this.env, identity, (subject) => subject.restoreEvents(request));
    return { after: page.length < subjectsPerRestore ? null : (page.at(-1)?.subjectRef ?? null) };
  }
}
