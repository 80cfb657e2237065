import type { Mode } from "../../../shared/contract/enums.ts";
import { type AlertFacts, selectAlertFacts, toAlertFacts } from "./alert-facts.ts";
import { type HeldMessage, selectHeldMessages } from "./alert-messages.ts";

/** A project and mode that is due for evaluation. */
export interface DueScope {
  projectId: string;
  mode: Mode;
  projectName: string;
}

// Archived projects are hidden from operators, and so are their alerts.
const selectDue = `
  SELECT projects.project_id AS projectId, modes.value AS mode, projects.name AS projectName
  FROM projects JOIN json_each('["live","test"]') AS modes
    LEFT JOIN alert_evaluations AS evaluation
      ON evaluation.project_id = projects.project_id AND evaluation.mode = modes.value
  WHERE archived_at IS NULL AND coalesce(evaluated_at, 0) <= ?1
  ORDER BY coalesce(evaluated_at, 0) LIMIT ?2`;

/** Returns the scopes that were not evaluated after `before`, least recently evaluated first. */
export async function listDueScopes(db: D1Database, before: number, limit: number): Promise<DueScope[]> {
  const { results } = await db.prepare(selectDue).bind(before, limit).all<DueScope>();
  return results;
}

const claim = `
  INSERT INTO alert_evaluations (project_id, mode, evaluated_at) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET evaluated_at = excluded.evaluated_at WHERE evaluated_at <= ?4`;

/**
 * Claims the evaluation of a scope at `now` and reads its facts, in one transaction. Returns `null` when
 * another sweep has claimed it after `before`.
 */
export async function claimEvaluation(
  db: D1Database,
  scope: DueScope,
  { now, before }: { now: number; before: number },
): Promise<{ facts: AlertFacts; held: HeldMessage[] } | null> {
  const [claimed, held, ...facts] = await db.batch([
    db.prepare(claim).bind(scope.projectId, scope.mode, now, before),
    selectHeldMessages(db, scope),
    ...selectAlertFacts(db, scope, now),
  ]);
  if (claimed?.meta.changes !== 1) return null;
  return { facts: toAlertFacts(facts), held: (held?.results ?? []) as unknown as HeldMessage[] };
}
