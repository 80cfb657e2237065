import type { DenialReason, Mode } from "../../../shared/contract/enums.ts";

/** Checks of one scope with one answer that are not in D1 yet. */
export interface CheckCount {
  projectId: string;
  mode: Mode;
  answer: "allowed" | DenialReason;
  checks: number;
}

const hourMs = 3_600_000;
/** A key's last use is updated at most once a minute, so that a busy key is not written every 10 s. */
const lastUseIntervalMs = 60_000;

const insertChecks = `
  INSERT INTO hourly_counts (project_id, mode, metric, hour, detail, value)
  SELECT value ->> 'projectId', value ->> 'mode', 'checks', ?2, value ->> 'answer', value ->> 'checks'
  FROM json_each(?1) WHERE true
  ON CONFLICT DO UPDATE SET value = value + excluded.value`;

const updateLastUse = `
  UPDATE api_keys SET last_used_at = ?2
  WHERE key_id IN (SELECT value FROM json_each(?1)) AND coalesce(last_used_at, 0) <= ?2 - ${lastUseIntervalMs}`;

/**
 * Adds the counts of one isolate, in one transaction. Not idempotent: repeating a call with a lost response
 * counts twice.
 */
export async function addCheckCounts(
  db: D1Database,
  { checks, keyIds }: { checks: CheckCount[]; keyIds: string[] },
  now: number,
): Promise<void> {
  await db.batch([
    db.prepare(insertChecks).bind(JSON.stringify(checks), now - (now % hourMs)),
    db.prepare(updateLastUse).bind(JSON.stringify(keyIds), now),
  ]);
}
