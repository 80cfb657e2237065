import type { StripeRetryMessage } from "./messages.ts";
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
  /** Runs the sweep within its budget. */
  sweep(name: RuntimeSweep): Promise<SweepCounts>;
  /** Claims and returns the ids of running subject jobs without a turn in progress: it ended or was aborted. */
  claimSubjectJobs(): Promise<string[]>;
  /** Runs one turn of such a job. */
  runSubjectJob(jobId: string): Promise<void>;
  /** Claims and returns the ids of bulk jobs that no worker runs. */
  claimBulkJobs(): Promise<string[]>;
  /** Runs one turn of such a job. Returns whether there is more to do. */
  runBulkJob(jobId: string): Promise<boolean>;
  /**
   * Restores past events of a project's next subjects to D1. Returns the last of them, after which the next call
   * continues; `null` at the end. Safe to repeat.
   */
  restoreEvents(scope: Scope, request: RestoreRequest, after: string): Promise<{ after: string | null }>;
}
