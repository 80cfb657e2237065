/**
 * Audit entries of operators' actions, on their way to D1. Each is kept in the commit of its ledger entry and sent with
 * the flush of it, so that neither is ever without the other.
 */
export const auditSchema = `
  CREATE TABLE audit_outbox (
    sequence INTEGER PRIMARY KEY,
    entry TEXT NOT NULL
  );
`;

/** To be called right after the change, with no `await` between: both are then one commit. `entry` is JSON. */
export function keepAudit(sql: SqlStorage, sequence: number, entry: string): void {
  sql.exec("INSERT INTO audit_outbox VALUES (?, ?)", sequence, entry);
}

/** Those of entries up to `sequence`. */
export function keptAudits(sql: SqlStorage, sequence: number): string[] {
  return sql
    .exec<{ entry: string }>("SELECT entry FROM audit_outbox WHERE sequence <= ? ORDER BY sequence", sequence)
    .toArray()
    .map(({ entry }) => entry);
}

/** To be called when D1 has them. */
export function forgetAudits(sql: SqlStorage, sequence: number): void {
  sql.exec("DELETE FROM audit_outbox WHERE sequence <= ?", sequence);
}
