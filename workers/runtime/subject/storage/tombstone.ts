import type { Checkpoint } from "./checkpoint.ts";
import { genesisHash } from "./hash-chain.ts";

/**
 * An erasure request. `askedAt` orders it against checkouts without comparing clocks (shared/db/erasures.ts).
 */
export interface Erasure {
  erasureId: string;
  requestedAt: number;
}

/**
 * The only data an erased subject keeps in its object: the erasure, and the last sequence of the erased
 * ledger. A later ledger continues from that sequence, so no sequence in a decision id or an event is used
 * twice.
 */
export interface Tombstone extends Erasure {
  sequence: number;
}

export function readTombstone(sql: SqlStorage): Tombstone | null {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'tombstone'").toArray().length === 0) return null;
  const [row] = sql
    .exec<{ erasure_id: string; asked_at: number; sequence: number }>(
      "SELECT erasure_id, asked_at, sequence FROM tombstone",
    )
    .toArray();
  if (row === undefined) return null;
  return { erasureId: row.erasure_id, requestedAt: row.asked_at, sequence: row.sequence };
}

/** Drops every table and writes the tombstone. Call inside a transaction. */
export function replaceTablesWithTombstone(
  sql: SqlStorage,
  { erasureId, requestedAt: askedAt, sequence }: Tombstone,
): void {
  const tables = sql
    .exec<{ name: string }>(
      String.raw`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_cf%' ESCAPE '\'
       AND name NOT LIKE 'sqlite%'`,
    )
    .toArray();
  for (const { name } of tables) sql.exec(`DROP TABLE ${name}`);
  sql.exec(`CREATE TABLE tombstone (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    erasure_id TEXT NOT NULL,
    asked_at INTEGER NOT NULL,
    sequence INTEGER NOT NULL
  )`);
  sql.exec("INSERT INTO tombstone VALUES (1, ?, ?, ?)", erasureId, askedAt, sequence);
}

/** Returns the entry before the first one of the ledger: nothing, or the end of the erased ledger. */
export function ledgerStart(tombstone: Tombstone | null): Checkpoint {
  return tombstone === null
    ? { sequence: 0, at: 0, hash: genesisHash }
    : { sequence: tombstone.sequence, at: tombstone.requestedAt, hash: genesisHash };
}
