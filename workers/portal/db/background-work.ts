import type { Mode } from "../../../shared/contract/enums.ts";

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

export async function readBackgroundTroubles(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  now: number,
): Promise<BackgroundTroubles> {
  const [sweeps, ownFaults, unwritten, erasures] = await db.batch([
    db
      .prepare(
        `SELECT sweep, since, duration_ms AS durationMs, error FROM sweep_troubles
         WHERE started_at > ?1 ORDER BY duration_ms DESC`,
      )
      .bind(now - recentMs),
    db.prepare(selectOwnFault).bind(projectId, mode),
    db.prepare(selectUnwritten).bind(projectId, mode),
    db.prepare(selectErasure).bind(projectId, mode, now - longErasureMs),
  ]);
  const fault = ownFaults?.results[0] as BackgroundTroubles["ownFault"];
  const copy = unwritten?.results[0] as BackgroundTroubles["unwritten"];
  const erasure = erasures?.results[0] as { since: number | null } | undefined;
  return {
    sweeps: (sweeps?.results ?? []) as BackgroundTroubles["sweeps"],
    ownFault: fault !== null && fault.endpoints > 0 ? fault : null,
    unwritten: copy !== null && copy.customers > 0 ? copy : null,
    erasureSince: erasure?.since ?? null,
  };
}
