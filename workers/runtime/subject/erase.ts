import { auditRowsStatement } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { forgetAudits, keptAudits } from "./audit-outbox.ts";
import { genesisHash } from "./chain.ts";
import type { Checkpoint } from "./history.ts";
import type { SubjectStore } from "./store.ts";

/** An erasure as the object is told of it. `askedAt` orders it against checkouts (shared/db/erasures.ts), not a clock. */
export interface Erasure {
  erasureId: string;
  askedAt: number;
}

/**
 * What is left of an erased subject in its object: that it was erased, and where its ledger ended, so that what comes
 * after goes on counting there. Nobody who saw a sequence of before, in a decision's id or in an event, sees it twice.
 */
export interface Tombstone extends Erasure {
  sequence: number;
}

export function readTombstone(sql: SqlStorage): Tombstone | null {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'tombstone'").toArray().length === 0) return null;
  const [tombstone] = sql
    .exec<Tombstone & Record<string, SqlStorageValue>>(
      "SELECT erasure_id AS erasureId, asked_at AS askedAt, sequence FROM tombstone",
    )
    .toArray();
  return tombstone ?? null;
}

/** Takes every table away and leaves a tombstone. To be called inside a transaction. */
export function eraseTables(sql: SqlStorage, { erasureId, askedAt, sequence }: Tombstone): void {
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

/** Where the ledger of a subject begins: at nothing, or at the end of what was erased. */
export function beginningOf(tombstone: Tombstone | null): Checkpoint {
  return tombstone === null
    ? { sequence: 0, at: 0, hash: genesisHash }
    : { sequence: tombstone.sequence, at: tombstone.askedAt, hash: genesisHash };
}

/**
 * Brings audit rows that D1 has not yet there, then takes the subject away with its alarm, in one commit. To be called in the
 * outbox's turn: no flush is under way. Returns `false`, with nothing taken, when `mayGoOn` said no.
 */
export async function eraseSubject(
  storage: DurableObjectStorage,
  store: SubjectStore,
  db: D1Database,
  erasure: Erasure,
  mayGoOn: () => boolean,
): Promise<boolean> {
  for (;;) {
    const { sequence } = store.head();
    const audits = store.isCreated() ? keptAudits(storage.sql, sequence) : [];
    // No await from here to the transaction: none can be added in between.
    if (audits.length === 0) break;
    await d1(auditRowsStatement(db, audits).run());
    forgetAudits(storage.sql, sequence);
  }
  if (!mayGoOn()) return false;
  try {
    storage.transactionSync(() => store.erase(erasure));
  } catch (error) {
    store.rolledBack();
    throw error;
  }
  storage.deleteAlarm();
  return true;
}
