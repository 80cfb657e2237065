import type { DenialReason, Mode } from "../../../shared/contract/enums.ts";
import { hashSubjectName } from "../../../shared/db/erasures.ts";
import { maxShadowRows } from "../../../shared/db/tables/shadow.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

/** Checks of one scope with one answer, or shadow checks with one result, that are not in D1 yet. */
export type CheckCount = { projectId: string; mode: Mode; count: number } & (
  | { metric: "checks"; detail: "allowed" | DenialReason }
  | { metric: "shadow"; detail: "agreed" | "disagreed" }
);

/** A customer about whom an app and Licenzy disagreed. */
export interface Disagreement extends SubjectKey {
  appAllowed: boolean;
  /** Why Licenzy denied access; `null` when it allowed access. */
  reason: DenialReason | null;
  at: number;
}

const hourMs = 3_600_000;
/** A key's last use is updated at most once a minute, so that a busy key is not written every 10 s. */
const lastUseIntervalMs = 60_000;

const insertCounts = `
  INSERT INTO hourly_counts (project_id, mode, metric, hour, detail, value)
  SELECT value ->> 'projectId', value ->> 'mode', value ->> 'metric', ?2, value ->> 'detail', value ->> 'count'
  FROM json_each(?1) WHERE true
  ON CONFLICT DO UPDATE SET value = value + excluded.value`;

const updateLastUse = `
  UPDATE api_keys SET last_used_at = ?2
  WHERE key_id IN (SELECT value FROM json_each(?1)) AND coalesce(last_used_at, 0) <= ?2 - ${lastUseIntervalMs}`;

// A customer with a row keeps it up to date; others get one while there is room. One who was erased since, or is being
// erased, gets none.
const insertDisagreements = `
  WITH incoming AS MATERIALIZED (
    SELECT value ->> 'projectId' AS project_id, value ->> 'mode' AS mode, value ->> 'subjectRef' AS subject_ref,
      value ->> 'appAllowed' AS app_allowed, value ->> 'reason' AS reason, value ->> 'at' AS at,
      value ->> 'subjectHash' AS subject_hash
    FROM json_each(?1)),
  rooms AS MATERIALIZED (
    SELECT project_id, mode, ${maxShadowRows} - (SELECT count(*) FROM shadow_disagreements AS kept
      WHERE kept.project_id = scopes.project_id AND kept.mode = scopes.mode) AS room
    FROM (SELECT DISTINCT project_id, mode FROM incoming) AS scopes),
  numbered AS MATERIALIZED (
    SELECT incoming.*, kept.subject_ref IS NOT NULL AS is_kept, room, row_number() OVER (
      PARTITION BY project_id, mode, kept.subject_ref IS NOT NULL ORDER BY incoming.at, incoming.subject_ref) AS number
    FROM incoming JOIN rooms USING (project_id, mode)
      LEFT JOIN shadow_disagreements AS kept USING (project_id, mode, subject_ref)
    WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.subject_hash = incoming.subject_hash
      AND (state = 'running' OR asked_at >= incoming.at)))
  INSERT INTO shadow_disagreements (project_id, mode, subject_ref, app_allowed, reason, at)
  SELECT project_id, mode, subject_ref, app_allowed, reason, at FROM numbered WHERE is_kept OR number <= room
  ON CONFLICT DO UPDATE SET app_allowed = excluded.app_allowed, reason = excluded.reason, at = excluded.at
    WHERE excluded.at >= shadow_disagreements.at`;

/** Records the last use of keys, in the control database. */
export async function recordKeyUse(db: D1Database, keyIds: string[], now: number): Promise<void> {
  await db.prepare(updateLastUse).bind(JSON.stringify(keyIds), now).run();
}

/**
 * Adds the counts and disagreements of one isolate, in one transaction. All are of projects in the database `db`. Not
 * idempotent: repeating a call with a lost response counts twice.
 */
export async function addCheckCounts(
  db: D1Database,
  { counts, disagreements }: { counts: CheckCount[]; disagreements: Disagreement[] },
  now: number,
): Promise<void> {
  const rows = disagreements.map((each) => ({ ...each, subjectHash: hashSubjectName(each) }));
  await db.batch([
    db.prepare(insertCounts).bind(JSON.stringify(counts), now - (now % hourMs)),
    ...(rows.length === 0 ? [] : [db.prepare(insertDisagreements).bind(JSON.stringify(rows))]),
  ]);
}
