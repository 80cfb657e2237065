import { mentionsCustomerSql } from "../../../shared/db/audit.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";

/**
 * The lists of an export in addition to the ledger. Each holds one customer's rows of a table, ordered by a
 * key.
 */
export const exportLists = [
  "subjects",
  "checkout_attempts",
  "stripe_objects",
  "stripe_events",
  "outbound_events",
  "deliveries",
  "delivery_attempts",
  "notes",
  "shadow_disagreements",
  "recovery_links",
  "alerts",
  "bulk_job_rows",
  "access_audit_findings",
  "customer_mappings",
  "audit_log",
] as const;
export type ExportList = (typeof exportLists)[number];

interface ListQuery {
  /**
   * Returns the paging key as `export_key`. Parameters: project, mode, customer, last key of the previous
   * page, limit, and the id of the Stripe connection where the list needs it.
   */
  sql: string;
  /** Where the list is not in the project's data database. */
  database?: "control";
  needsConnection?: true;
  /** Small enough to keep a page far below 32 MiB, the limit of a message between workers. */
  rowsPerPage: number;
}

const buildTableQuery = (table: string, key: string, rowsPerPage: number): ListQuery => ({
  sql: `SELECT ${key} AS export_key, * FROM ${table}
    WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND ${key} > ?4 ORDER BY ${key} LIMIT ?5`,
  rowsPerPage,
});

const queries: Record<ExportList, ListQuery> = {
  subjects: buildTableQuery("subjects", "subject_ref", 1),
  checkout_attempts: buildTableQuery("checkout_attempts", "attempt_id", 100),
  stripe_objects: {
    sql: `SELECT stripe_id AS export_key, * FROM stripe_objects
      WHERE connection_id = ?6
        AND subject_ref = ?3 AND stripe_id > ?4 ORDER BY stripe_id LIMIT ?5`,
    rowsPerPage: 500,
    needsConnection: true,
  },
  // A payload can be up to 1 MB.
  stripe_events: buildTableQuery("stripe_events", "event_id", 10),
  outbound_events: buildTableQuery("events", "event_id", 200),
  deliveries: buildTableQuery("deliveries", "delivery_id", 500),
  delivery_attempts: {
    sql: `SELECT delivery_attempts.delivery_id || printf('/%09d', number) AS export_key, delivery_attempts.*
      FROM delivery_attempts JOIN deliveries USING (delivery_id)
      WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND export_key > ?4 ORDER BY export_key LIMIT ?5`,
    rowsPerPage: 500,
  },
  notes: buildTableQuery("notes", "note_id", 200),
  shadow_disagreements: buildTableQuery("shadow_disagreements", "subject_ref", 1),
  recovery_links: buildTableQuery("recovery_links", "link_id", 200),
  alerts: buildTableQuery("alerts", "alert_id", 200),
  bulk_job_rows: {
    sql: `SELECT bulk_job_rows.job_id AS export_key, bulk_job_rows.*, action, reason, note, operator_name
      FROM bulk_job_rows JOIN bulk_jobs USING (job_id)
      WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND bulk_job_rows.job_id > ?4
      ORDER BY bulk_job_rows.job_id LIMIT ?5`,
    rowsPerPage: 500,
  },
  access_audit_findings: {
    sql: `SELECT access_audit_findings.audit_id AS export_key, access_audit_findings.*
      FROM access_audit_findings JOIN access_audits USING (audit_id)
      WHERE project_id = ?1 AND mode = ?2 AND access_audit_findings.subject_ref = ?3
        AND access_audit_findings.audit_id > ?4
      ORDER BY access_audit_findings.audit_id LIMIT ?5`,
    rowsPerPage: 500,
  },
  customer_mappings: buildTableQuery("customer_mappings", "customer_id", 500),
  audit_log: {
    database: "control",
    sql: `SELECT audit_id AS export_key, * FROM audit_log
      WHERE account_id = (SELECT account_id FROM projects WHERE project_id = ?1) AND audit_id > ?4
        AND project_id = ?1 AND mode = ?2 AND ${mentionsCustomerSql("?3")}
      ORDER BY audit_id LIMIT ?5`,
    rowsPerPage: 200,
  },
};

/** Returns a page of one list and the key to continue from, or `null` after the last page. */
export async function readExportPage(
  databases: Databases,
  list: ExportList,
  { projectId, mode, subjectRef }: SubjectKey,
  after: string,
): Promise<{ rows: object[]; next: string | null }> {
  const { sql, rowsPerPage, database = "data", needsConnection } = queries[list];
  const { results } = await databases[database]
    .prepare(sql)
    .bind(
      ...[projectId, mode, subjectRef, after, rowsPerPage],
      ...(needsConnection === true ? [connectionIdOf({ projectId, mode })] : []),
    )
    .all<{ export_key: string }>();
  const rows = results.map(({ export_key: _key, ...row }) => row);
  return { rows, next: results.length < rowsPerPage ? null : (results.at(-1)?.export_key ?? null) };
}
