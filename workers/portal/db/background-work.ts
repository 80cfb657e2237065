import type { Scope } from "../../../shared/contract/scope.ts";

/** What keeps background work from being done, for the overview. Empty when all is well. */
export interface BackgroundTroubles {
  /** Sweeps of the installation that failed or were slow in their last run, slowest first. */
  sweeps: { sweep: string; since: number; durationMs: number; error: string | null }[];
  /** Endpoints that get nothing because of a fault of this installation. */
  ownFault: { endpoints: number; fault: string; since: number } | null;
  /** Customers with changes that D1 refuses. */
  unwritten: { customers: number; subjectRef: string; error: string } | null;
  /** When the oldest running erasure was requested, if it takes unusually long. */
  erasureSince: number | null;
  /**
   * Since when the D1 copy of at least one customer has been behind, or `null`. D1 can detect one cause only:
   * an entitlement expired and its expiry is not recorded yet.
   */
  behindSince: number | null;
}

/** A sweep that has recorded nothing for this long no longer runs. */
const recentMs = 10 * 60_000;
/** Most erasures take seconds, the largest some minutes. */
const longErasureMs = 60 * 60_000;

const selectOwnFault = `
  SELECT count(*) AS endpoints, own_fault AS fault, min(own_fault_since) AS since FROM endpoints
  WHERE project_id = ?1 AND mode = ?2 AND is_enabled = 1 AND deleted_at IS NULL AND own_fault IS NOT NULL`;

// Names the index, because the planner would otherwise read all subjects of the project.
const selectUnwritten = `
  SELECT count(*) AS customers, min(subject_ref) AS subjectRef, flush_error AS error
  FROM subjects INDEXED BY subjects_not_flushing
  WHERE project_id = ?1 AND mode = ?2 AND flush_error IS NOT NULL`;

const selectErasure = `
  SELECT min(asked_at) AS since FROM erasures INDEXED BY erasures_running
  WHERE state = 'running' AND project_id = ?1 AND mode = ?2 AND asked_at <= ?3`;

// Names the index, because the planner would otherwise read all subjects of the project, not the few overdue
// ones.
const selectBehind = `
  SELECT min(next_expiry_at) AS since FROM subjects INDEXED BY subjects_by_next_expiry
  WHERE next_expiry_at IS NOT NULL AND next_expiry_at <= ?3 AND project_id = ?1 AND mode = ?2`;

/** Prepares the statement of the control database that `toBackgroundTroubles` reads. */
export const prepareSweepTroubles = (db: D1Database, now: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT sweep, since, duration_ms AS durationMs, error FROM sweep_troubles
       WHERE started_at > ?1 ORDER BY duration_ms DESC`,
    )
    .bind(now - recentMs);

/** Prepares those of the project's data database. */
export const prepareBackgroundTroubles = (
  db: D1Database,
  { projectId, mode }: Scope,
  now: number,
): D1PreparedStatement[] => [
  db.prepare(selectOwnFault).bind(projectId, mode),
  db.prepare(selectUnwritten).bind(projectId, mode),
  db.prepare(selectErasure).bind(projectId, mode, now - longErasureMs),
  db.prepare(selectBehind).bind(projectId, mode, now),
];

export function toBackgroundTroubles(
  sweeps: D1Result | undefined,
  [ownFaults, unwritten, erasures, behind]: readonly (D1Result | undefined)[],
): BackgroundTroubles {
  const fault = ownFaults?.results[0] as BackgroundTroubles["ownFault"];
  const copy = unwritten?.results[0] as BackgroundTroubles["unwritten"];
  const sinceOf = (result: D1Result | undefined) =>
    (result?.results[0] as { since: number | null } | undefined)?.since ?? null;
  return {
    sweeps: (sweeps?.results ?? []) as unknown as BackgroundTroubles["sweeps"],
    ownFault: fault !== null && fault.endpoints > 0 ? fault : null,
    unwritten: copy !== null && copy.customers > 0 ? copy : null,
    erasureSince: sinceOf(erasures),
    behindSince: sinceOf(behind),
  };
}
