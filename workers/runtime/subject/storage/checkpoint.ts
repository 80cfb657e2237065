import { dayMs, type Entitlement } from "../../../../shared/domain/entitlement.ts";
import { type LedgerEntry, type SubjectState, unitsMoved } from "../../../../shared/domain/ledger.ts";
import type { StripeRecord } from "../../../../shared/domain/stripe-record.ts";
import { genesisHash } from "./hash-chain.ts";
import { toIdempotencyIndex } from "./stored-entry.ts";

/**
 * The bounded history of a subject: the data kept for folded entries.
 *
 * `checkpoint` holds the last folded entry's sequence, time and hash. `checkpoint_state` holds the state
 * after that entry. A walk that starts there ends in the same state as a walk from the first entry.
 * `compact_requests` keeps what is needed to repeat the reply of each answered request. `daily_usage` keeps
 * the consumed units.
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
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE daily_usage (
    day INTEGER NOT NULL,
    product_code TEXT NOT NULL,
    units INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    PRIMARY KEY (day, product_code)
  ) WITHOUT ROWID;
`;

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
  const bodies = (part: "entitlement" | "record") =>
    sql
      .exec<{ body: string }>("SELECT body FROM checkpoint_state WHERE part = ?", part)
      .toArray()
      .map(({ body }) => JSON.parse(body) as unknown);
  const entitlements = bodies("entitlement") as Entitlement[];
  const records = bodies("record") as StripeRecord[];
  return {
    entitlements: new Map(entitlements.map((entitlement) => [entitlement.entitlementId, entitlement])),
    records: new Map(records.map((record) => [record.recordId, record])),
  };
}

/** A row of `compact_requests`. `idempotencyKey` is hashed, as in the column of `ledger`. */
export interface CompactRequest {
  idempotencyKey: string;
  requestHash: string;
  units: number;
  remaining: number;
  sequence: number;
  at: number;
}

/** Returns up to `limit` rows after `idempotencyKey`, ordered by key. */
export function readCompactRequests(
  sql: SqlStorage,
  idempotencyKey: string,
  limit: number,
): CompactRequest[] {
  return sql
    .exec<CompactRequest & Record<string, SqlStorageValue>>(
      `SELECT idempotency_key AS idempotencyKey, request_hash AS requestHash, units, remaining, sequence, at
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
  const upsertState = (part: "entitlement" | "record", id: string, value: unknown) =>
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
  if (entry.idempotency !== null) {
    const { endpoint, key, requestHash, reply } = entry.idempotency;
    sql.exec(
      "INSERT INTO compact_requests VALUES (?, ?, ?, ?, ?, ?)",
      toIdempotencyIndex(endpoint, key),
      requestHash,
      reply.consumed,
      reply.usageRemaining,
      entry.sequence,
      entry.at,
    );
  }
  if (entry.operation === "consume") addUsage(sql, entry);
}

/**
 * Adds consumed units by UTC day and product. A consume from packs of two products counts as one entry of
 * each.
 */
function addUsage(sql: SqlStorage, entry: LedgerEntry): void {
  for (const touched of entry.touched) {
    const { entitlement } = touched;
    sql.exec(
      `INSERT INTO daily_usage VALUES (?, ?, ?, 1) ON CONFLICT (day, product_code) DO UPDATE SET
       units = daily_usage.units + excluded.units, entries = daily_usage.entries + 1`,
      entry.at - (entry.at % dayMs),
      entitlement.productCode,
      -unitsMoved(touched),
    );
  }
}
