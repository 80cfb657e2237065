import { type Region, regions } from "../../../../shared/contract/enums.ts";
import type { SavedHolder } from "../../replica/home-leases.ts";

/**
 * The regions that may hold leases on the subject's decision, so that an instance that starts knows whom to call. Not part
 * of the schema: the first lease creates the table, an erasure drops it.
 */
const table = `CREATE TABLE IF NOT EXISTS lease_holders (region TEXT PRIMARY KEY, saved_at INTEGER NOT NULL) WITHOUT ROWID`;

export function readLeaseHolders(sql: SqlStorage): SavedHolder[] {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'lease_holders'").toArray().length === 0) return [];
  return sql
    .exec<{ region: string; savedAt: number }>("SELECT region, saved_at AS savedAt FROM lease_holders")
    .toArray()
    .flatMap(({ region, savedAt }) => {
      const known = regions.find((each) => each === region);
      return known === undefined ? [] : [{ region: known, savedAt }];
    });
}

/** Call for a subject that exists: a read of an unknown one leaves nothing in storage. */
export function saveLeaseHolder(sql: SqlStorage, region: Region, savedAt: number): void {
  sql.exec(table);
  sql.exec(
    "INSERT INTO lease_holders VALUES (?, ?) ON CONFLICT (region) DO UPDATE SET saved_at = excluded.saved_at",
    region,
    savedAt,
  );
}
