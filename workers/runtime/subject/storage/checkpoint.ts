import { dayMs, type Entitlement } from "../../../../shared/domain/entitlement.ts";
import { type LedgerEntry, type SubjectState, unitsConsumed } from "../../../../shared/domain/ledger.ts";
import { isKept, type Reservation } from "../../../../shared/domain/reservation.ts";
import type { StripeRecord } from "../../../../shared/domain/stripe-record.ts";
import { genesisHash } from "./hash-chain.ts";
import { toIdempotencyIndex } from "./stored-entry.ts";
import { toSubjectState } from "./stored-state.ts";

/**
 * The bounded history of a subject: the data kept for folded entries.
 *
 * `checkpoint` holds the last folded entry's sequence, time and hash. `checkpoint_state` holds the state
 * after that entry. A walk that starts there ends in the same state as a walk from the first entry.
 * `compact_requests` keeps what is needed to repeat the reply of each answered request: `more` has what replies
 * other than a consume's contain, as JSON. `daily_usage` keeps the consumed units.
 */
export const historySchema = `
  CREATE TABLE checkpoint (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    hash TEXT NOT NULL
  );
  CREATE TABLE checkpoint_state (
    part TEXT NOT NULL,
    item_id TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (part, item_id)
  ) WITHOUT ROWID;
  CREATE TABLE compact_requests (
    idempotency_key TEXT PRIMARY KEY,
    request_hash TEXT NOT NULL,
    units INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at INTEGER NOT NULL,
    more TEXT
  ) WITHOUT ROWID;
  CREATE TABLE daily_usage (
    day INTEGER NOT NULL,
    product_code TEXT NOT NULL,
    units INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (day, product_code)
  ) WITHOUT ROWID;
`;

type StatePart = "entitlement" | "record" | "reservation";

/** The last folded entry; sequence 0 if no entry is folded. */
export interface Checkpoint {
  sequence: number;
  at: number;
  hash: string;
}

export function readCheckpoint(sql: SqlStorage): Checkpoint {
  const [checkpoint] = sql
    .exec<Checkpoint & Record<string, SqlStorageValue>>("SELECT sequence, at, hash FROM checkpoint")
    .toArray();
  return checkpoint ?? { sequence: 0, at: 0, hash: genesisHash };
}

/** Returns the state after the last folded entry. */
export function readCheckpointState(sql: SqlStorage): SubjectState {
  const bodies = (part: StatePart) =>
    sql
      .exec<{ body: string }>("SELECT body FROM checkpoint_state WHERE part = ?", part)
      .toArray()
      .map(({ body }) => JSON.parse(body) as unknown);
  const entitlements = bodies("entitlement") as Entitlement[];
  const records = bodies("record") as StripeRecord[];
  return toSubjectState(entitlements, records, bodies("reservation") as Reservation[]);
}

/** A row of `compact_requests`. `idempotencyKey` is hashed, as in the column of `ledger`. */
export interface CompactRequest {
  idempotencyKey: string;
  requestHash: string;
  units: number;
  remaining: number;
  sequence: number;
  at: number;
  /** The other members of the reply, as JSON; `null` for a consume or an operator's action. */
  more: string | null;
}

/** Returns up to `limit` rows after `idempotencyKey`, ordered by key. */
export function readCompactRequests(
  sql: SqlStorage,
  idempotencyKey: string,
  limit: number,
): CompactRequest[] {
  return sql
    .exec<CompactRequest & Record<string, SqlStorageValue>>(
      `SELECT idempotency_key AS idempotencyKey, request_hash AS requestHash, units, remaining, sequence, at, more
       FROM compact_requests WHERE idempotency_key > ? ORDER BY idempotency_key LIMIT ?`,
      idempotencyKey,
      limit,
    )
    .toArray();
}

export function readDailyUsage(sql: SqlStorage): { day: number; units: number }[] {
  return sql
    .exec<{ day: number; units: number }>("SELECT day, sum(units) AS units FROM daily_usage GROUP BY day")
    .toArray();
}

/** Folds `entry` into the bounded history. Call inside the transaction that deletes it from the ledger. */
export function foldEntry(sql: SqlStorage, entry: LedgerEntry, hash: string): void {
  sql.exec(
    `INSERT INTO checkpoint VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
     sequence = excluded.sequence, at = excluded.at, hash = excluded.hash`,
    entry.sequence,
    entry.at,
    hash,
  );
  const deleteReservation = (id: string) =>
    sql.exec("DELETE FROM checkpoint_state WHERE part = 'reservation' AND item_id = ?", id);
  const upsertState = (part: StatePart, id: string, value: unknown) =>
    sql.exec(
      `INSERT INTO checkpoint_state VALUES (?, ?, ?)
       ON CONFLICT (part, item_id) DO UPDATE SET body = excluded.body`,
      part,
      id,
      JSON.stringify(value),
    );
  for (const { entitlement } of entry.touched)
    upsertState("entitlement", entitlement.entitlementId, entitlement);
  for (const record of entry.records) upsertState("record", record.recordId, record);
  const { reservation, forgotten = [] } = entry;
  if (reservation !== undefined && isKept(reservation))
    upsertState("reservation", reservation.reservationId, reservation);
  else if (reservation !== undefined) deleteReservation(reservation.reservationId);
  for (const id of forgotten) deleteReservation(id);
  if (entry.idempotency !== null) {
    const { endpoint, key, requestHash, reply } = entry.idempotency;
    const { consumed, usageRemaining, ...more } = reply;
    sql.exec(
      `INSERT INTO compact_requests
         (idempotency_key, request_hash, units, remaining, sequence, at, more) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      toIdempotencyIndex(endpoint, key),
      requestHash,
      consumed,
      usageRemaining,
      entry.sequence,
      entry.at,
      Object.keys(more).length === 0 ? null : JSON.stringify(more),
    );
  }
  // The entry of a consume can't be read any more, so it can't be given back either.
  sql.exec("DELETE FROM reversed WHERE sequence = ?", entry.sequence);
  addUsage(sql, entry);
}

/**
 * Adds consumed units by UTC day and product. A consume from packs of two products counts as one entry of
 * each. Units that were given back are taken off the day on which they were consumed.
 */
function addUsage(sql: SqlStorage, entry: LedgerEntry): void {
  const { at } = entry.reverses ?? entry;
  for (const touched of entry.touched) {
    const units = unitsConsumed(touched);
    if (units === 0) continue;
    sql.exec(
      `INSERT INTO daily_usage VALUES (?, ?, ?, 1) ON CONFLICT (day, product_code) DO UPDATE SET
       units = daily_usage.units + excluded.units, entries = daily_usage.entries + 1`,
      at - (at % dayMs),
      touched.entitlement.productCode,
      units,
    );
  }
}
