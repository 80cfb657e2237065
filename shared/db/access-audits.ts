import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { inScope } from "./scope.ts";
import { type accessAuditFindings, accessAuditSettings, accessAudits } from "./tables/access-audits.ts";

export type AccessAuditRow = typeof accessAudits.$inferSelect;
export type AuditFindingRow = typeof accessAuditFindings.$inferSelect;
export type AuditSettingsRow = typeof accessAuditSettings.$inferSelect;

export async function readAccessAudit(
  db: D1Database,
  scope: Scope,
  auditId: string,
): Promise<AccessAuditRow | null> {
  const rows = await drizzle(db)
    .select()
    .from(accessAudits)
    .where(and(eq(accessAudits.auditId, auditId), inScope(accessAudits, scope)));
  return rows[0] ?? null;
}

/** The hour of the daily audit, in UTC, without saved settings. */
export const defaultDailyHour = 6;

const defaultSettings = { source: "none", metadataKey: null, dailyHour: defaultDailyHour } as const;

export async function readAuditSettings(
  db: D1Database,
  scope: Scope,
): Promise<Pick<AuditSettingsRow, "source" | "metadataKey" | "dailyHour">> {
  const rows = await drizzle(db)
    .select()
    .from(accessAuditSettings)
    .where(inScope(accessAuditSettings, scope));
  return rows[0] ?? defaultSettings;
}
