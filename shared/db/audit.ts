import { sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/enums.ts";
import type { AuditAction } from "../contract/operations/table.ts";
import { newId } from "../kit/ids.ts";
import { isSeparate } from "./d1-timeout.ts";
import { auditLog, auditOutbox } from "./tables/people.ts";

/**
 * The audit log is in the control database. A change in another database writes its entry there too, in the same
 * transaction, and `forwardAudit` moves it to the log: so there is no change without an entry, and no entry without the
 * change.
 */
const tableIn = (db: D1Database) => (isSeparate(db) ? (auditOutbox as unknown as typeof auditLog) : auditLog);

const databaseOf = (database: DrizzleD1Database): D1Database =>
  (database as DrizzleD1Database & { $client: D1Database }).$client;

/** The operator behind a change, derived from the session and never from request input. */
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
  /** `noun.verb`, for example `api_key.revoke`. */
  action: AuditAction;
  target: string;
  projectId?: string;
  mode?: Mode;
  /** The values before and after the change, without secrets. */
  before?: unknown;
  after?: unknown;
}

/**
 * Builds the row of an entry, to be written later. The row carries its id, so that writing it twice stores
 * one row.
 */
export function buildAuditRow(entry: AuditEntry) {
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

/**
 * Builds the statement that writes the entry. It belongs in the batch of the change, so that both or neither
 * are stored.
 */
export function auditStatement(database: DrizzleD1Database, entry: AuditEntry) {
  return database.insert(tableIn(databaseOf(database))).values(buildAuditRow(entry));
}

/**
 * Builds the statement for a conditional change. It must directly follow the change in the batch, and writes
 * only if the change affected a row.
 */
export function auditIfChanged(database: DrizzleD1Database, entry: AuditEntry) {
  const values = sql.join(
    Object.values(buildAuditRow(entry)).map((value) => sql`${value}`),
    sql`, `,
  );
  return database.insert(tableIn(databaseOf(database))).select(sql`SELECT ${values} WHERE changes() > 0`);
}

/** Builds the statement of `auditIfChanged`, or none for a change without an operator, which only development makes. */
export function optionalAudit(database: DrizzleD1Database, entry: AuditEntry | null) {
  return entry === null ? [] : [auditIfChanged(database, entry)];
}

/** The SQL that inserts rows, each built by `buildAuditRow` and given in one JSON array. Rows that exist stay unchanged. */
export const insertRowsSql = (db: D1Database): string => `
  INSERT INTO ${isSeparate(db) ? "audit_outbox" : "audit_log"} (audit_id, account_id, project_id, mode, at, operator_id, operator_name, operator_email, action,
    target, before, after, ip_address)
  SELECT value ->> 'auditId', value ->> 'accountId', value ->> 'projectId', value ->> 'mode', value ->> 'at',
    value ->> 'operatorId', value ->> 'operatorName', value ->> 'operatorEmail', value ->> 'action', value ->> 'target',
    value ->> 'before', value ->> 'after', value ->> 'ipAddress'
  FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING`;

/** Builds the statement of `auditIfChanged` for a batch of raw SQL statements. */
export function auditIfChangedRaw(db: D1Database, entry: AuditEntry): D1PreparedStatement {
  const { sql: text, params } = auditIfChanged(drizzle(db), entry).toSQL();
  return db.prepare(text).bind(...params);
}

/** Writes an entry for an action that changes no D1 row: an export, for example, or a request to Stripe. */
export async function writeAuditEntry(db: D1Database, entry: AuditEntry): Promise<void> {
  await auditStatement(drizzle(db), entry);
}

/** Builds a SQL condition: the audit entry is about the customer, or its values name the customer. */
export const mentionsCustomerSql = (subject: string): string => {
  const mentions = (column: string) => `EXISTS (SELECT 1 FROM json_tree(${column})
    WHERE key IN ('subjectRef', 'subject_ref') AND atom = ${subject})`;
  return `((action LIKE 'customer.%' AND target = ${subject}) OR ${mentions("before")} OR ${mentions("after")})`;
};
