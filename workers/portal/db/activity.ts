import type { Mode } from "../../../shared/contract/enums.ts";

export interface Activity {
  /** Checks of the last 24 hours, in whole hours. Approximate. */
  allowed: number;
  denied: number;
  /**
   * Since when the D1 copy of at least one customer has been behind, or `null`. D1 can detect one cause only:
   * an entitlement expired and its expiry is not recorded yet.
   */
  behindSince: number | null;
}

const windowMs = 24 * 3_600_000;

// Names the index, because the planner would otherwise read all subjects of the project, not the few overdue
// ones.
const selectActivity = `
  SELECT coalesce(sum(allowed), 0) AS allowed, coalesce(sum(denied), 0) AS denied,
    (SELECT min(next_expiry_at) FROM subjects INDEXED BY subjects_by_next_expiry
     WHERE next_expiry_at IS NOT NULL AND next_expiry_at <= ?4 AND project_id = ?1 AND mode = ?2) AS behindSince
  FROM check_counts WHERE project_id = ?1 AND mode = ?2 AND hour > ?3`;

export async function readActivity(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  now: number,
): Promise<Activity> {
  const row = await db
    .prepare(selectActivity)
    .bind(projectId, mode, now - windowMs, now)
    .first<Activity>();
  return row ?? { allowed: 0, denied: 0, behindSince: null };
}
