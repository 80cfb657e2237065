import { and, desc, eq, gte, lt, lte, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { AuditAction } from "../contract/operations/table.ts";
import type { Mode } from "../contract/words.ts";
import { newId } from "../kit/ids.ts";
import { auditLog } from "./tables/people.ts";

/** The person behind a change, as derived from their session; never from what a request says. */
export interface Actor {
  accountId: string;
  operatorId: string;
  name: string;
  email: string;
  ipAddress: string | null;
}

export interface AuditEntry {
  actor: Actor;
  at: number;
  /** `thing.verb`, for example `api_key.revoke`. */
  action: AuditAction;
  target: string;
  projectId?: string;
  mode?: Mode;
  /** What it was and what it became, without secrets. */
  before?: unknown;
  after?: unknown;
}

/** The row of the entry, for who writes it later: its id is made here, so that writing it twice makes one row. */
export function auditRow(entry: AuditEntry) {
  const { actor, at, action, target, projectId, mode, before, after } = entry;
  return {
    auditId: newId("aud", at),
    accountId: actor.accountId,
    projectId: projectId ?? null,
    mode: mode ?? null,
    at,
    operatorId: actor.operatorId,
    operatorName: actor.name,
    operatorEmail: actor.email,
    action,
    target,
    before: before === undefined ? null : JSON.stringify(before),
    after: after === undefined ? null : JSON.stringify(after),
    ipAddress: actor.ipAddress,
  };
}

/** The statement that writes the entry: it goes into the batch of the change itself, so that neither is without the other. */
export function auditStatement(database: DrizzleD1Database, entry: AuditEntry) {
  return database.insert(auditLog).values(auditRow(entry));
}

/** The same for a conditional change: it stands right after that in the batch, and writes only if a row was changed. */
export function auditIfChanged(database: DrizzleD1Database, entry: AuditEntry) {
  const values = sql.join(
    Object.values(auditRow(entry)).map((value) => sql`${value}`),
    sql`, `,
  );
  return database.insert(auditLog).select(sql`SELECT ${values} WHERE changes() > 0`);
}

/** Writes rows that `auditRow` made, as JSON each; those that are there already stay. */
export function auditRowsStatement(db: D1Database, rows: string[]): D1PreparedStatement {
  return db.prepare(insertRows).bind(`[${rows.join(",")}]`);
}

const insertRows = `
  INSERT INTO audit_log (audit_id, account_id, project_id, mode, at, operator_id, operator_name, operator_email, action,
    target, before, after, ip_address)
  SELECT value ->> 'auditId', value ->> 'accountId', value ->> 'projectId', value ->> 'mode', value ->> 'at',
    value ->> 'operatorId', value ->> 'operatorName', value ->> 'operatorEmail', value ->> 'action', value ->> 'target',
    value ->> 'before', value ->> 'after', value ->> 'ipAddress'
  FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;

/** The same for a batch of statements that are written by hand. */
export function auditIfChangedRaw(db: D1Database, entry: AuditEntry): D1PreparedStatement {
  const { sql: text, params } = auditIfChanged(drizzle(db), entry).toSQL();
  return db.prepare(text).bind(...params);
}

/** For a change that is no write of ours: something that Stripe was told. */
export async function writeAudit(db: D1Database, entry: AuditEntry): Promise<void> {
  await auditStatement(drizzle(db), entry);
}

/** For a condition: whether an audit row is about a customer, or tells of work that was narrowed to them. */
export const namesCustomer = (subject: string): string => {
  const tells = (column: string) => `EXISTS (SELECT 1 FROM json_tree(${column})
    WHERE key IN ('subjectRef', 'subject_ref') AND atom = ${subject})`;
  return `((action LIKE 'customer.%' AND target = ${subject}) OR ${tells("before")} OR ${tells("after")})`;
};

export interface AuditFilter {
  accountId: string;
  action?: string;
  operatorEmail?: string;
  projectId?: string;
  from?: number;
  to?: number;
  /** The id of the last entry of the page before. */
  before?: string;
}

/** Newest first. Ids sort by time, so that a page ends where the next begins. */
export async function listAudit(db: D1Database, filter: AuditFilter, limit: number) {
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
