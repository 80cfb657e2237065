import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import {
  type AuditCounts,
  auditClasses,
  firstImports,
} from "../../../shared/contract/operations/access-audits.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AccessAuditRow, defaultDailyHour } from "../../../shared/db/access-audits.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { accessAudits } from "../../../shared/db/tables/access-audits.ts";
import { imported } from "./access-audit-imports.ts";
import type { AuditableScope } from "./stripe-connections.ts";

/** Operators' changes to access audits. `db/access-audit-pages.ts` has the work of an audit. */

const noCounts = (): AuditCounts => Object.fromEntries(auditClasses.map((each) => [each, 0])) as AuditCounts;

const toOperatorColumns = ({ actor }: AuditEntry) => ({
  accountId: actor.accountId,
  operatorId: actor.operatorId,
  operatorName: actor.name,
  operatorEmail: actor.email,
  ipAddress: actor.ipAddress,
});

const countSubjects = ({ projectId, mode }: Scope) =>
  sql<number>`(SELECT count(*) FROM subjects WHERE project_id = ${projectId} AND mode = ${mode})`;

/**
 * Inserts an audit unless its id exists or another one is at work in the scope. Returns whether it was inserted. `audit` is
 * `null` for the daily run.
 */
export async function insertAccessAudit(
  db: D1Database,
  { projectId, mode }: Scope,
  auditId: string,
  { now, leaseUntil, audit }: { now: number; leaseUntil: number; audit: AuditEntry | null },
): Promise<boolean> {
  const database = drizzle(db);
  const scope = { projectId, mode };
  const [{ meta }] = await database.batch([
    database
      .insert(accessAudits)
      .values({
        auditId,
        ...scope,
        ...(audit === null ? {} : toOperatorColumns(audit)),
        status: "running",
        isStanding: audit === null,
        counts: noCounts(),
        expected: countSubjects(scope),
        leaseUntil,
        createdAt: now,
        updatedAt: now,
      })
      .onConflictDoNothing(),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
  return meta.changes > 0;
}

/**
 * Of `scopes`, those with a daily audit that is due: its hour has begun since the last report was started. All are in the
 * database `db`.
 */
export async function listDueScopes(
  db: D1Database,
  scopes: AuditableScope[],
  now: number,
  limit: number,
): Promise<Scope[]> {
  const { results } = await db
    .prepare(
      `SELECT projectId, mode FROM (
         SELECT scope.value ->> 'projectId' AS projectId, scope.value ->> 'mode' AS mode,
           scope.value ->> 'since' AS since,
           ?1 - (?1 - coalesce(settings.daily_hour, CASE WHEN settings.project_id IS NULL THEN ?3 END) * 3600000)
             % 86400000 AS begun
         FROM json_each(?4) AS scope
         LEFT JOIN access_audit_settings AS settings
           ON settings.project_id = scope.value ->> 'projectId' AND settings.mode = scope.value ->> 'mode') AS due
       WHERE begun IS NOT NULL AND since < begun AND NOT EXISTS (SELECT 1 FROM access_audits
         WHERE access_audits.project_id = projectId AND access_audits.mode = due.mode AND created_at >= begun)
       LIMIT ?2`,
    )
    .bind(now, limit, defaultDailyHour, JSON.stringify(scopes))
    .all<Scope>();
  return results;
}

const matches = (scope: Scope, auditId: string) =>
  and(eq(accessAudits.auditId, auditId), inScope(accessAudits, scope));

/** Changes the audit if its status is `from`. Returns whether it was. */
async function changeStatus(
  db: D1Database,
  scope: Scope,
  auditId: string,
  from: AccessAuditRow["status"],
  change: Partial<AccessAuditRow>,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const isOtherAtWork = sql`EXISTS (SELECT 1 FROM access_audits AS other WHERE other.project_id = ${scope.projectId}
    AND other.mode = ${scope.mode} AND other.status IN ('running', 'importing') AND other.audit_id <> ${auditId})`;
  const [{ meta }] = await database.batch([
    database
      .update(accessAudits)
      .set({ ...change, updatedAt: audit.at })
      .where(and(matches(scope, auditId), eq(accessAudits.status, from), sql`NOT ${isOtherAtWork}`)),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

export const stopReport = (db: D1Database, scope: Scope, auditId: string, audit: AuditEntry) =>
  changeStatus(db, scope, auditId, "running", { status: "stopped", leaseUntil: null }, audit);

export const stopImport = (db: D1Database, scope: Scope, auditId: string, audit: AuditEntry) =>
  changeStatus(db, scope, auditId, "importing", { status: "held", leaseUntil: null }, audit);

interface Claim {
  leaseUntil: number;
  audit: AuditEntry;
}

export const resumeReport = (db: D1Database, scope: Scope, auditId: string, { leaseUntil, audit }: Claim) =>
  changeStatus(
    db,
    scope,
    auditId,
    "stopped",
    { ...toOperatorColumns(audit), status: "running", failures: 0, lastError: null, leaseUntil },
    audit,
  );

/** Who continues becomes the import's operator. */
export const releaseImport = (db: D1Database, scope: Scope, auditId: string, { leaseUntil, audit }: Claim) =>
  changeStatus(
    db,
    scope,
    auditId,
    "held",
    {
      ...toOperatorColumns(audit),
      status: "importing",
      isReleased: true,
      failures: 0,
      lastError: null,
      leaseUntil,
    },
    audit,
  );

const isImportable = `class = 'not_imported' AND subject_ref IS NOT NULL AND coalesce(import_state, 'failed') = 'failed'`;

/** Of audit `?1`: purchases to import that were only counted, and that no import has come to. */
const hasUnlisted = `import_phase IS NULL AND counts ->> 'not_imported' >
  (SELECT count(*) FROM access_audit_findings WHERE audit_id = ?1 AND class = 'not_imported')`;

/**
 * Starts the import of a finished report's findings, with those that were only counted, or of the one `findingId`. It holds after the first customers, unless as
 * many of this audit are imported already. Returns whether it was started: of two operators at the same time, one does.
 */
export async function startImport(
  db: D1Database,
  scope: Scope,
  { auditId, findingId }: { auditId: string; findingId: string | null },
  { leaseUntil, audit }: Claim,
): Promise<boolean> {
  const { projectId, mode } = scope;
  const { actor, at } = audit;
  const chosen = `audit_id = ?1 AND ${isImportable} AND (?2 IS NULL OR finding_id = ?2)`;
  const [started] = await db.batch([
    db
      .prepare(
        `UPDATE access_audits SET status = 'importing', is_released = (${imported}) >= ${firstImports}, failures = 0, last_error = NULL,
           lease_until = ?5, updated_at = ?6, import_started_at = ?6, account_id = ?7, operator_id = ?8,
           operator_name = ?9, operator_email = ?10, ip_address = ?11,
           import_phase = CASE WHEN ?2 IS NULL AND ${hasUnlisted} THEN 'subscriptions' ELSE import_phase END
         WHERE audit_id = ?1 AND project_id = ?3 AND mode = ?4 AND status = 'finished'
           AND (EXISTS (SELECT 1 FROM access_audit_findings WHERE ${chosen}) OR (?2 IS NULL AND ${hasUnlisted}))
           AND NOT EXISTS (SELECT 1 FROM access_audits WHERE project_id = ?3 AND mode = ?4
             AND status IN ('running', 'importing'))`,
      )
      .bind(
        auditId,
        findingId,
        projectId,
        mode,
        leaseUntil,
        at,
        actor.accountId,
        actor.operatorId,
        actor.name,
        actor.email,
        actor.ipAddress,
      ),
    auditIfChangedRaw(db, audit),
    // Only with the start, which has written the audit entry just now.
    db
      .prepare(
        `UPDATE access_audit_findings SET import_state = 'waiting', import_message = NULL
         WHERE ${chosen} AND changes() > 0`,
      )
      .bind(auditId, findingId),
  ]);
  return (started?.meta.changes ?? 0) > 0;
}

/** Stripe customers for whom the importable findings name two subjects, with the names. At most `limit`. */
export async function listContradictions(
  db: D1Database,
  auditId: string,
  limit: number,
): Promise<{ customerId: string; subjectRefs: string[] }[]> {
  const { results } = await db
    .prepare(
      `SELECT customer_id AS customerId, json_group_array(DISTINCT subject_ref) AS subjectRefs
       FROM access_audit_findings
       WHERE audit_id = ?1 AND class = 'not_imported' AND subject_ref IS NOT NULL AND customer_id IS NOT NULL
       GROUP BY customer_id HAVING count(DISTINCT subject_ref) > 1 ORDER BY customer_id LIMIT ?2`,
    )
    .bind(auditId, limit)
    .all<{ customerId: string; subjectRefs: string }>();
  return results.map(({ customerId, subjectRefs }) => ({ customerId, subjectRefs: JSON.parse(subjectRefs) }));
}
