import type { Entitlement } from "../../../../shared/domain/entitlement.ts";

/**
 * The table `entitlements` is the state after the entry `state_sequence`. The ledger has the changes after it, so the
 * table is written once per flush and every 500 entries, not with each entry: that halves the rows of a consume.
 */

/** An entitlement with the sequence of the entry that last changed it. */
export interface ChangedEntitlement {
  version: number;
  entitlement: Entitlement;
}

/** Returns the sequence of the entry that the table is the state after, and the moment of the last signal by time. */
export function readStateSequence(sql: SqlStorage): { sequence: number; signaledAt: number } {
  const query = "SELECT state_sequence AS sequence, signaled_at AS signaledAt FROM subject";
  return sql.exec<{ sequence: number; signaledAt: number }>(query).one();
}

/** Writes the entitlements of `versions`, which are all that changed after `state_sequence`, up to `sequence`. */
export function writeEntitlements(
  sql: SqlStorage,
  entitlements: ReadonlyMap<string, Entitlement>,
  versions: ReadonlyMap<string, number>,
  sequence: number,
): void {
  for (const [id, version] of versions)
    sql.exec(
      `INSERT INTO entitlements (entitlement_id, version, body) VALUES (?, ?, ?)
       ON CONFLICT (entitlement_id) DO UPDATE SET version = excluded.version, body = excluded.body`,
      id,
      version,
      JSON.stringify(entitlements.get(id)),
    );
  sql.exec("UPDATE subject SET state_sequence = ?", sequence);
}

/**
 * Returns about `limit` entitlements of the table that changed after `sequence`, in the order of their changes. Always
 * includes every entitlement that one entry changed, so a page never ends inside an entry.
 */
export function readChangedEntitlements(
  sql: SqlStorage,
  sequence: number,
  limit: number,
): ChangedEntitlement[] {
  return sql
    .exec<{ version: number; body: string }>(
      `SELECT version, body FROM entitlements
       WHERE version > ?1 AND version <= coalesce(
         (SELECT version FROM entitlements WHERE version > ?1 ORDER BY version LIMIT 1 OFFSET ?2), 9e15)
       ORDER BY version`,
      sequence,
      limit - 1,
    )
    .toArray()
    .map((row) => ({ version: row.version, entitlement: JSON.parse(row.body) as Entitlement }));
}
