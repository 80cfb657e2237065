import type { AlertRuleSetting } from "../../../shared/contract/alerts.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChangedRaw } from "../../../shared/db/audit.ts";

// The newest row's time is the version of all: of two forms made from the same settings, one is refused.
const upsertSettings = `
  INSERT INTO alert_rules (project_id, mode, rule, is_enabled, threshold, updated_at)
  SELECT ?1, ?2, value ->> 'rule', value ->> 'isEnabled', value ->> 'threshold', max(?3, ?4 + 1)
  FROM json_each(?5)
  WHERE ?4 = (SELECT coalesce(max(updated_at), 0) FROM alert_rules WHERE project_id = ?1 AND mode = ?2)
  ON CONFLICT DO UPDATE SET is_enabled = excluded.is_enabled, threshold = excluded.threshold,
    updated_at = excluded.updated_at`;

/** Replaces the settings if the newest is still of `version`; 0 without a row. Returns whether it was. */
export async function saveAlertRules(
  db: D1Database,
  { projectId, mode }: Scope,
  version: number,
  rules: AlertRuleSetting[],
  audit: AuditEntry,
): Promise<boolean> {
  const [saved] = await db.batch([
    db.prepare(upsertSettings).bind(projectId, mode, audit.at, version, JSON.stringify(rules)),
    auditIfChangedRaw(db, audit),
  ]);
  return (saved?.meta.changes ?? 0) > 0;
}
