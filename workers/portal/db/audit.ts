import { and, desc, eq, gte, lt, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { auditLog } from "../../../shared/db/tables/people.ts";

export interface AuditFilter {
  accountId: string;
  action?: string;
  operatorEmail?: string;
  projectId?: string;
  from?: number;
  to?: number;
  /** The id of the last entry of the previous page. */
  before?: string;
}

/**
 * Returns a page of entries, newest first. Ids sort by time, so the last id of a page is the cursor of the
 * next.
 */
export async function listAuditEntries(db: D1Database, filter: AuditFilter, limit: number) {
  const { accountId, action, operatorEmail, projectId, from, to, before } = filter;
  return drizzle(db)
    .select()
    .from(auditLog)
    .where(
      and(
        eq(auditLog.accountId, accountId),
        action === undefined ? undefined : eq(auditLog.action, action),
        operatorEmail === undefined ? undefined : eq(auditLog.operatorEmail, operatorEmail),
        projectId === undefined ? undefined : eq(auditLog.projectId, projectId),
        from === undefined ? undefined : gte(auditLog.at, from),
        to === undefined ? undefined : lte(auditLog.at, to),
        before === undefined ? undefined : lt(auditLog.auditId, before),
      ),
    )
    .orderBy(desc(auditLog.auditId))
    .limit(limit);
}

export type AuditRow = typeof auditLog.$inferSelect;
