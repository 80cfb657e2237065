/**
 * Audit entries of operators' actions that D1 has not confirmed yet. Each is stored in the commit of its
 * ledger entry and sent in the same flush, so neither exists without the other.
 */
export const auditSchema = `
  CREATE TABLE audit_outbox (
    sequence INTEGER PRIMARY KEY,
    entry TEXT NOT NULL
  );
`;

/**
 * Stores an audit entry (JSON). Call right after the change, without an `await` between: both are one commit.
 */
export function storeAudit(sql: SqlStorage, sequence: number, entry: string): void {
  sql.exec("INSERT INTO audit_outbox VALUES (?, ?)", sequence, entry);
}

/** Returns the audit entries of ledger entries up to `sequence`. */
export function readAudits(sql: SqlStorage, sequence: number): string[] {
  return sql
    .exec<{ entry: string }>("SELECT entry FROM audit_outbox WHERE sequence <= ? ORDER BY sequence", sequence)
    .toArray()
    .map(({ entry }) => entry);
}

/** Deletes the audit entries up to `sequence`, once D1 has confirmed them. */
export function deleteAudits(sql: SqlStorage, sequence: number): void {
  sql.exec("DELETE FROM audit_outbox WHERE sequence <= ?", sequence);
}
