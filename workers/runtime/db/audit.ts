import { insertRowsSql } from "../../../shared/db/audit.ts";

/**
 * Builds the statement that writes rows built earlier, each given as JSON. Rows that exist already stay
 * unchanged.
 */
export function buildAuditRowsInsert(db: D1Database, rows: string[]): D1PreparedStatement {
  return db.prepare(insertRowsSql(db)).bind(`[${rows.join(",")}]`);
}
