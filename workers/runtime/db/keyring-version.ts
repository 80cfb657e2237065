import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";

/**
 * Returns the version of a change of a row that a Keyring holds too: the time of the change, or more if the row's
 * version is not earlier. A counter would go back when D1 is restored to an earlier time, and a Keyring ignores a change
 * with a version that is not above the one that it holds. Time does not go back.
 */
export function nextKeyringVersion(version: SQLiteColumn, now: number): SQL {
  return sql`max(${version} + 1, ${now})`;
}
