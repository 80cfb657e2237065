import { namesCustomer } from "./audit.ts";
import type { CustomerKey } from "./customer-page.ts";

/** The lists of an export beside the ledger, each a table's rows of one customer in the order of a key. */
export const exportLists = [
  "subjects",
  "checkout_attempts",
  "stripe_objects",
  "stripe_events",
  "outbound_events",
  "deliveries",
  "delivery_attempts",
  "notes",
  "audit_log",
] as const;
export type ExportList = (typeof exportLists)[number];

interface ListQuery {
  /** With the column `export_key`, by which it is paged. Bound: project, mode, customer, the key before, rows. */
  sql: string;
  /** So few that one answer stays far below the 32 MiB that a message between workers takes. */
  rowsPerPage: number;
}

const ofTable = (table: string, key: string, rowsPerPage: number): ListQuery => ({
  sql: `SELECT ${key} AS export_key, * FROM ${table}
    WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND ${key} > ?4 ORDER BY ${key} LIMIT ?5`,
  rowsPerPage,
});

const queries: Record<ExportList, ListQuery> = {
  subjects: ofTable("subjects", "subject_ref", 1),
  checkout_attempts: ofTable("checkout_attempts", "attempt_id", 100),
  stripe_objects: {
    sql: `SELECT stripe_id AS export_key, * FROM stripe_objects
      WHERE connection_id IN (SELECT connection_id FROM stripe_connections WHERE project_id = ?1 AND mode = ?2)
        AND subject_ref = ?3 AND stripe_id > ?4 ORDER BY stripe_id LIMIT ?5`,
    rowsPerPage: 500,
  },
  // A payload has up to 1 MB.
  stripe_events: ofTable("stripe_events", "event_id", 10),
  outbound_events: ofTable("events", "event_id", 200),
  deliveries: ofTable("deliveries", "delivery_id", 500),
  delivery_attempts: {
    sql: `SELECT delivery_attempts.delivery_id || printf('/%09d', number) AS export_key, delivery_attempts.*
      FROM delivery_attempts JOIN deliveries USING (delivery_id)
      WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND export_key > ?4 ORDER BY export_key LIMIT ?5`,
    rowsPerPage: 500,
  },
  notes: ofTable("notes", "note_id", 200),
  audit_log: {
    sql: `SELECT audit_id AS export_key, * FROM audit_log
      WHERE account_id = (SELECT account_id FROM projects WHERE project_id = ?1) AND audit_id > ?4
        AND project_id = ?1 AND mode = ?2 AND ${namesCustomer("?3")}
      ORDER BY audit_id LIMIT ?5`,
    rowsPerPage: 200,
  },
};

/** A page of one list, and the key from which to go on; `null` after the last page. */
export async function exportRows(
  db: D1Database,
  list: ExportList,
  { projectId, mode, subjectRef }: CustomerKey,
  after: string,
): Promise<{ rows: object[]; next: string | null }> {
  const { sql, rowsPerPage } = queries[list];
  const { results } = await db
    .prepare(sql)
    .bind(projectId, mode, subjectRef, after, rowsPerPage)
    .all<{ export_key: string }>();
  const rows = results.map(({ export_key: _key, ...row }) => row);
  return { rows, next: results.length < rowsPerPage ? null : (results.at(-1)?.export_key ?? null) };
}
