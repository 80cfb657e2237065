import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { AlertAction } from "../../../shared/contract/alerts.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { alerts } from "../../../shared/db/tables/alerts.ts";
import { insertMessagesSql, selectResolvedMessages } from "./alert-messages.ts";

export type AlertRow = typeof alerts.$inferSelect;

/** Returns the alert, or `null` when it is unknown or in another project or mode. */
export async function readAlert(db: D1Database, scope: Scope, alertId: string): Promise<AlertRow | null> {
  const rows = await drizzle(db)
    .select()
    .from(alerts)
    .where(and(eq(alerts.alertId, alertId), inScope(alerts, scope)));
  return rows[0] ?? null;
}

export interface AlertTarget {
  alertId: string;
  version: number;
}

/** Changes an open alert that is still at `version`. Returns whether it was: of two operators, one is refused. */
export async function changeAlert(
  db: D1Database,
  scope: Scope,
  { alertId, version }: AlertTarget,
  action: AlertAction,
  change: Partial<Pick<AlertRow, "assignedTo" | "assignedName" | "snoozedUntil">>,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const isOpen = and(
    eq(alerts.alertId, alertId),
    inScope(alerts, scope),
    eq(alerts.version, version),
    isNull(alerts.resolvedAt),
  );
  const [{ meta }] = await database.batch([
    database
      .update(alerts)
      .set({ ...change, version: sql`version + 1`, lastAction: action, lastActorName: audit.actor.name })
      .where(isOpen),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

const isTarget = "alerts.alert_id = ?4 AND alerts.version = ?5";

const finish = `
  UPDATE alerts SET resolved_at = ?3, done_at = ?3, version = version + 1, last_action = 'done', last_actor_name = ?6
  WHERE project_id = ?1 AND mode = ?2 AND resolved_at IS NULL AND ${isTarget}`;

/** Closes an open alert that is still at `version`, with its messages. Returns whether it was. */
export async function finishAlertRow(
  db: D1Database,
  { projectId, mode }: Scope,
  { alertId, version }: AlertTarget,
  audit: AuditEntry,
): Promise<boolean> {
  const target = [projectId, mode, audit.at, alertId, version] as const;
  const [, finished] = await db.batch([
    db.prepare(insertMessagesSql(selectResolvedMessages(isTarget))).bind(...target),
    db.prepare(finish).bind(...target, audit.actor.name),
    auditIfChangedRaw(db, audit),
  ]);
  return (finished?.meta.changes ?? 0) > 0;
}
