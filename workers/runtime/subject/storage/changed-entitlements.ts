import type { Entitlement } from "../../../../shared/domain/entitlement.ts";

/** An entitlement with the sequence of the entry that last changed it. */
export interface ChangedEntitlement {
  version: number;
  entitlement: Entitlement;
}

/**
 * Returns about `limit` entitlements that changed after `sequence`, in the order of their changes. Always
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
