import type { Mode } from "../contract/words.ts";

/** Checks of one project and mode that are not in D1 yet. */
export interface CheckCount {
  projectId: string;
  mode: Mode;
  allowed: number;
  denied: number;
}

export interface Activity {
  /** Checks of the last 24 hours, in whole hours; approximate. */
  allowed: number;
  denied: number;
  /** Since when the copy of some customer has been behind, of what D1 can know: something ran out, and is not recorded. */
  behindSince: number | null;
}

const hourMs = 3_600_000;
const shownHours = 24;
/** A key's last use moves in steps of a minute, so that a busy key is not written every ten seconds. */
const lastUseStepMs = 60_000;

const addChecks = `
  INSERT INTO check_counts (project_id, mode, hour, allowed, denied)
  SELECT value ->> 'projectId', value ->> 'mode', ?2, value ->> 'allowed', value ->> 'denied'
  FROM json_each(?1) WHERE true
  ON CONFLICT DO UPDATE SET allowed = allowed + excluded.allowed, denied = denied + excluded.denied`;

const moveLastUse = `
  UPDATE api_keys SET last_used_at = ?2
  WHERE key_id IN (SELECT value FROM json_each(?1)) AND coalesce(last_used_at, 0) <= ?2 - ${lastUseStepMs}`;

/** Adds what an isolate counted, in one transaction. Not safe to repeat: a count whose answer was lost may count twice. */
export async function addActivity(
  db: D1Database,
  { checks, keyIds }: { checks: CheckCount[]; keyIds: string[] },
  now: number,
): Promise<void> {
  await db.batch([
    db.prepare(addChecks).bind(JSON.stringify(checks), now - (now % hourMs)),
    db.prepare(moveLastUse).bind(JSON.stringify(keyIds), now),
  ]);
}

// The index is named: the planner would rather read all subjects of the project than the few that are overdue anywhere.
const activity = `
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
    .prepare(activity)
    .bind(projectId, mode, now - shownHours * hourMs, now)
    .first<Activity>();
  return row ?? { allowed: 0, denied: 0, behindSince: null };
}

/** Returns how many hours went. */
export async function removeOldCheckCounts(db: D1Database, before: number): Promise<number> {
  const { meta } = await db.prepare("DELETE FROM check_counts WHERE hour < ?1").bind(before).run();
  return meta.changes;
}
