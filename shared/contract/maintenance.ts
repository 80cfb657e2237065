import type { JobKey, StripeRetryMessage } from "./messages.ts";
import type { Scope } from "./scope.ts";
import type { RuntimeSweep, SweepCounts } from "./sweeps.ts";

/** Which events a replay restores from the ledgers. Times in milliseconds since 1970. */
export interface RestoreRequest {
  since: number;
  eventTypes: string[];
  /** The start of the rows' retention. */
  writtenAt: number;
}

/** The runtime's `MaintenanceEntrypoint`: the work that queue consumers and crons of the deliveries worker start. */
export interface RuntimeMaintenance {
  processStripeEvent(message: StripeRetryMessage): Promise<void>;
  /** Runs the sweep of one data database within its budget. */
  sweep(name: RuntimeSweep, database: number): Promise<SweepCounts>;
  /** Claims and returns running subject jobs of a data database without a turn in progress: it ended or was aborted. */
  claimSubjectJobs(database: number): Promise<JobKey[]>;
  /** Runs one turn of such a job. */
  runSubjectJob(key: JobKey): Promise<void>;
  /** Claims and returns bulk jobs of a data database that no worker runs. */
  claimBulkJobs(database: number): Promise<JobKey[]>;
  /** Runs one turn of such a job. Returns whether there is more to do. */
  runBulkJob(key: JobKey): Promise<boolean>;
  /** Starts the daily audits of a data database that are due. Claims and returns access audits that no worker runs. */
  claimAccessAudits(database: number): Promise<JobKey[]>;
  /** Runs one turn of such an audit. Returns whether there is more to do at once. */
  runAccessAudit(key: JobKey): Promise<boolean>;
  /**
   * Restores past events of a project's next subjects to D1. Returns the last of them, after which the next call
   * continues; `null` at the end. Safe to repeat.
   */
  restoreEvents(scope: Scope, request: RestoreRequest, after: string): Promise<{ after: string | null }>;
}
