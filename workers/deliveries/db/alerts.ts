import type { AlertRule } from "../../../shared/contract/alerts.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type Digest, insertMessagesSql, selectResolvedMessages, writeDigests } from "./alert-messages.ts";

/** A condition that holds, as the alert that it opens unless one is open. */
export interface FoundCondition {
  alertId: string;
  /** Identifies the open alert: rule and object. */
  key: string;
  rule: AlertRule;
  objectId: string;
  subjectRef: string | null;
  cause: string;
  count: number;
  urgency: number;
  happenedAt: number | null;
  /** JSON of the message that the alert began; `null` for rules that send none. */
  content: string | null;
}

const seenEveryMs = 600_000;

// Nothing of an evaluation that a later one has overtaken is stored: its facts are older.
const isCurrent = `EXISTS (SELECT 1 FROM alert_evaluations AS evaluation
  WHERE evaluation.project_id = ?1 AND evaluation.mode = ?2 AND evaluation.evaluated_at = ?3)`;

// An incident that an operator marked done opens nothing again. An erased customer has no row in `subjects`.
const openAlerts = `
  INSERT INTO alerts (alert_id, project_id, mode, rule, object_id, subject_ref, cause, count, urgency, happened_at,
    opened_at, last_seen_at)
  SELECT value ->> 'alertId', ?1, ?2, value ->> 'rule', value ->> 'objectId', value ->> 'subjectRef', value ->> 'cause',
    value ->> 'count', value ->> 'urgency', value ->> 'happenedAt', ?3, ?3
  FROM json_each(?4)
  WHERE ${isCurrent}
    AND NOT EXISTS (SELECT 1 FROM alerts AS done WHERE done.project_id = ?1 AND done.mode = ?2
      AND done.rule = value ->> 'rule' AND done.object_id = value ->> 'objectId' AND done.done_at IS NOT NULL
      AND done.happened_at >= value ->> 'happenedAt')
    AND (value ->> 'subjectRef' IS NULL OR EXISTS (SELECT 1 FROM subjects
      WHERE subjects.project_id = ?1 AND subjects.mode = ?2 AND subjects.subject_ref = value ->> 'subjectRef'))
  ON CONFLICT DO NOTHING`;

// The id is new in each evaluation, so only the evaluation that opened the alert finds it.
const insertFired = insertMessagesSql(`
  SELECT alert_id, channel_id, 'fired' AS kind, value ->> 'content' AS content
  FROM json_each(?4) JOIN alerts ON alert_id = value ->> 'alertId'
    JOIN alert_channels ON alert_channels.project_id = ?1 AND alert_channels.mode = ?2
  WHERE value ->> 'content' IS NOT NULL ORDER BY urgency, alert_id, channel_id`);

const updateSeen = `
  UPDATE alerts SET cause = found.cause, count = found.count, happened_at = found.happenedAt, last_seen_at = ?3
  FROM (SELECT value ->> 'rule' AS foundRule, value ->> 'objectId' AS objectId, value ->> 'cause' AS cause,
      value ->> 'count' AS count, value ->> 'happenedAt' AS happenedAt
    FROM json_each(?4)) AS found
  WHERE project_id = ?1 AND mode = ?2 AND rule = foundRule AND object_id = objectId AND resolved_at IS NULL
    AND (alerts.cause <> found.cause OR alerts.count <> found.count OR happened_at IS NOT found.happenedAt
      OR last_seen_at <= ?3 - ${seenEveryMs})
    AND ${isCurrent}`;

const isOver = `(alerts.rule || '/' || alerts.object_id) NOT IN (SELECT value ->> 'key' FROM json_each(?4)) AND ${isCurrent}`;

// The alerts of a rule that was disabled close without a message: their causes may hold.
const insertResolved = insertMessagesSql(
  selectResolvedMessages(`${isOver} AND alerts.rule NOT IN (SELECT value FROM json_each(?5))`),
);

const resolveAlerts = `
  UPDATE alerts SET resolved_at = ?3 WHERE project_id = ?1 AND mode = ?2 AND resolved_at IS NULL AND ${isOver}`;

/**
 * Opens, updates and resolves the alerts of a scope, and writes their messages, in one transaction. `now` is the
 * time of the claim. Returns how many alerts were opened and resolved.
 */
export async function storeEvaluation(
  db: D1Database,
  { projectId, mode }: Scope,
  now: number,
  evaluation: { conditions: FoundCondition[]; disabledRules: AlertRule[]; digests: Digest[] },
): Promise<{ opened: number; resolved: number }> {
  const found = JSON.stringify(evaluation.conditions);
  const write = (query: string, ...more: string[]) => db.prepare(query).bind(projectId, mode, now, ...more);
  const results = await db.batch([
    ...writeDigests(db, { projectId, mode }, now, evaluation.digests),
    write(insertResolved, found, JSON.stringify(evaluation.disabledRules)),
    write(resolveAlerts, found),
    write(updateSeen, found),
    write(openAlerts, found),
    write(insertFired, found),
  ]);
  return { resolved: results.at(-4)?.meta.changes ?? 0, opened: results.at(-2)?.meta.changes ?? 0 };
}
