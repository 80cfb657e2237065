import { and, desc, eq, gt, isNotNull, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { type FindingClass, firstImports } from "../../../shared/contract/operations/access-audits.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { AccessAuditRow, AuditFindingRow } from "../../../shared/db/access-audits.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { inScope } from "../../../shared/db/scope.ts";
import {
  accessAuditFindings,
  accessAudits,
  customerMappings,
} from "../../../shared/db/tables/access-audits.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

/** Returns the newest audits of the scope, and how many customers the uploaded mapping has, in one round trip. */
export async function readAuditList(db: D1Database, scope: Scope, limit: number) {
  const database = drizzle(db);
  const [audits, mapped] = await database.batch([
    database
      .select()
      .from(accessAudits)
      .where(inScope(accessAudits, scope))
      .orderBy(desc(accessAudits.createdAt))
      .limit(limit),
    database
      .select({ count: sql<number>`count(*)` })
      .from(customerMappings)
      .where(inScope(customerMappings, scope)),
  ]);
  return { audits, mappedCustomers: mapped[0]?.count ?? 0 };
}

/** Purchases `not_imported` of an audit by the state of their import, listed or not. */
export interface ImportCounts {
  ready: number;
  waiting: number;
  done: number;
  failed: number;
  /** Of all: those that the report only counted. */
  unlisted: number;
  /** Of `failed`: those without a row that could be repeated. */
  unlistedFailed: number;
}

export interface AuditPage {
  audit: AccessAuditRow;
  findings: AuditFindingRow[];
  hasMore: boolean;
  imports: ImportCounts;
}

/** Returns the audit with a page of its findings, in one round trip; `null` when the scope has no such audit. */
export async function readAuditPage(
  db: D1Database,
  scope: Scope,
  auditId: string,
  { found, after, limit }: { found: FindingClass | null; after: string; limit: number },
): Promise<AuditPage | null> {
  const database = drizzle(db);
  const [audits, findings, imports] = await database.batch([
    database
      .select()
      .from(accessAudits)
      .where(and(eq(accessAudits.auditId, auditId), inScope(accessAudits, scope))),
    database
      .select()
      .from(accessAuditFindings)
      .where(
        and(
          eq(accessAuditFindings.auditId, auditId),
          gt(accessAuditFindings.findingId, after),
          found === null ? undefined : eq(accessAuditFindings.class, found),
        ),
      )
      .orderBy(accessAuditFindings.findingId)
      .limit(limit + 1),
    database
      .select({ state: accessAuditFindings.importState, count: sql<number>`count(*)` })
      .from(accessAuditFindings)
      .where(and(eq(accessAuditFindings.auditId, auditId), eq(accessAuditFindings.class, "not_imported")))
      .groupBy(accessAuditFindings.importState),
  ]);
  const [audit] = audits;
  if (audit === undefined) return null;
  const countOf = (state: AuditFindingRow["importState"]) =>
    imports.find((each) => each.state === state)?.count ?? 0;
  const { importPhase, importDone, importFailed } = audit;
  const listed = imports.reduce((sum, { count }) => sum + count, 0);
  const unlisted = Math.max(0, audit.counts.not_imported - listed);
  // Customers can have moved since the report, so the lists have an end and the count has none.
  const left = importPhase === "done" ? 0 : Math.max(0, unlisted - importDone - importFailed);
  return {
    audit,
    findings: findings.slice(0, limit),
    hasMore: findings.length > limit,
    imports: {
      ready: countOf(null) + (importPhase === null ? left : 0),
      waiting: countOf("waiting") + (importPhase === null ? 0 : left),
      done: countOf("done") + importDone,
      failed: countOf("failed") + importFailed,
      unlisted,
      unlistedFailed: importFailed,
    },
  };
}

/** What the overview says of the newest complete report. */
export type LastAudit = Pick<AccessAuditRow, "auditId" | "counts" | "subscriptions"> & { finishedAt: number };

/** Builds the statement that reads the newest complete report. `toLastAudit` takes its result. */
export const prepareLastAudit = (db: D1Database, { projectId, mode }: Scope): D1PreparedStatement =>
  prepareSql(
    db,
    sql`SELECT audit_id AS auditId, counts, subscriptions, finished_at AS finishedAt FROM access_audits
      WHERE project_id = ${projectId} AND mode = ${mode} AND finished_at IS NOT NULL
      ORDER BY finished_at DESC LIMIT 1`,
  );

export function toLastAudit(result: D1Result | undefined): LastAudit | null {
  const [row] = (result?.results ?? []) as unknown as (Omit<LastAudit, "counts"> & { counts: string })[];
  return row === undefined ? null : { ...row, counts: JSON.parse(row.counts) };
}

/** Builds the statement that selects what the newest complete report found of the customer, until it is imported. */
export function selectLastFinding(database: DrizzleD1Database, key: SubjectKey) {
  const newest = database
    .select({ auditId: accessAudits.auditId })
    .from(accessAudits)
    .where(and(inScope(accessAudits, key), isNotNull(accessAudits.finishedAt)))
    .orderBy(desc(accessAudits.finishedAt))
    .limit(1);
  return database
    .select({
      auditId: accessAuditFindings.auditId,
      class: accessAuditFindings.class,
      diagnosis: accessAuditFindings.diagnosis,
      foundAt: accessAuditFindings.foundAt,
    })
    .from(accessAuditFindings)
    .where(
      and(
        eq(accessAuditFindings.subjectRef, key.subjectRef),
        eq(accessAuditFindings.auditId, newest),
        sql`coalesce(${accessAuditFindings.importState}, '') <> 'done'`,
      ),
    )
    .limit(1);
}

/** The steps of moving in that have a row to prove them. */
export interface MoveInFacts {
  isConnected: boolean;
  products: number;
  source: string | null;
  mappedCustomers: number;
  audit: Pick<AccessAuditRow, "auditId" | "status"> | null;
  lastAudit: LastAudit | null;
  /** Purchases that were imported: by all audits, and of those that the newest complete report found. */
  imported: number;
  importedOfLast: number;
  hasFirstImports: boolean;
  /** Whether the app has compared its own answers, and the customers whom the two disagree on. */
  hasShadow: boolean;
  disagreements: number;
}

/** Reads what the checklist of moving in shows, in one round trip. */
export async function readMoveInFacts(databases: Databases, scope: Scope): Promise<MoveInFacts> {
  const { control, data: db } = databases;
  const { projectId, mode } = scope;
  const matches = sql`project_id = ${projectId} AND mode = ${mode}`;
  const selectConfiguration = prepareSql(
    control,
    sql`SELECT EXISTS (SELECT 1 FROM stripe_connections WHERE ${matches}) AS isConnected,
      (SELECT count(*) FROM products WHERE ${matches} AND archived_at IS NULL) AS products`,
  );
  const [[configuration], [facts, newest, last]] = await batchBoth(
    databases,
    [selectConfiguration],
    [
      prepareSql(
        db,
        sql`SELECT
        (SELECT source FROM access_audit_settings WHERE ${matches}) AS source,
        (SELECT count(*) FROM customer_mappings WHERE ${matches}) AS mappedCustomers,
        (SELECT count(*) FROM access_audit_findings WHERE import_state = 'done'
          AND audit_id IN (SELECT audit_id FROM access_audits WHERE ${matches}))
          + (SELECT coalesce(sum(import_done), 0) FROM access_audits WHERE ${matches}) AS imported,
        coalesce((SELECT import_done + (SELECT count(*) FROM access_audit_findings AS finding
            WHERE finding.audit_id = access_audits.audit_id AND import_state = 'done')
          FROM access_audits WHERE ${matches} AND finished_at IS NOT NULL
          ORDER BY finished_at DESC LIMIT 1), 0) AS importedOfLast,
        EXISTS (SELECT 1 FROM hourly_counts WHERE ${matches} AND metric = 'shadow') AS hasShadow,
        (SELECT count(*) FROM shadow_disagreements WHERE ${matches}) AS disagreements`,
      ),
      prepareSql(
        db,
        sql`SELECT audit_id AS auditId, status FROM access_audits WHERE ${matches} ORDER BY created_at DESC LIMIT 1`,
      ),
      prepareLastAudit(db, scope),
    ],
  );
  const { isConnected, products } = (configuration?.results ?? [])[0] as unknown as {
    isConnected: number;
    products: number;
  };
  const row = (facts?.results ?? [])[0] as unknown as {
    source: string | null;
    mappedCustomers: number;
    imported: number;
    importedOfLast: number;
    hasShadow: number;
    disagreements: number;
  };
  return {
    ...row,
    isConnected: isConnected === 1,
    products,
    hasShadow: row.hasShadow === 1,
    audit: ((newest?.results ?? []) as unknown as NonNullable<MoveInFacts["audit"]>[])[0] ?? null,
    lastAudit: toLastAudit(last),
    hasFirstImports: row.imported >= firstImports,
  };
}
