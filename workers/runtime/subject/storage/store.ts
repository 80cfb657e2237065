import type { IdempotentOperation } from "../../../../shared/contract/enums.ts";
import {
  applyEntry,
  type EntryDraft,
  emptyState,
  type LedgerEntry,
  type SubjectState,
} from "../../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { type AnsweredRequest, readAnsweredRequest } from "./answered-request.ts";
import { type ChangedEntitlement, readChangedEntitlements } from "./changed-entitlements.ts";
import { type Checkpoint, readCheckpoint, readCheckpointState, readDailyUsage } from "./checkpoint.ts";
import { chainHash } from "./hash-chain.ts";
import { storeEvents } from "./outbound-events.ts";
import { isDecisive, migrateSchema, schema, schemaVersion } from "./schema.ts";
import { parseEntry, type StoredEntry, toIdempotencyIndex } from "./stored-entry.ts";
import { readStoredState } from "./stored-state.ts";
import {
  type Erasure,
  ledgerStart,
  readTombstone,
  replaceTablesWithTombstone,
  type Tombstone,
} from "./tombstone.ts";
import { isReversed, readReversed, writeUsageRows } from "./usage-rows.ts";

/** The last entry of the ledger. Sequence 0 is an empty ledger. */
export interface Head {
  sequence: number;
  at: number;
  hash: string;
}

/** The state of the ledger after `head`. */
export interface StateAtHead extends SubjectState {
  head: Head;
}

/** Number of entries that a walk over the ledger reads before it yields to other requests. */
export const entriesPerSlice = 500;

const entryColumns = "sequence, at, hash, body, idempotency_key AS idempotencyKey";

/**
 * The SQLite database of one subject object. Every method is synchronous, so a caller that makes several
 * calls without an `await` in between reads and leaves one consistent state.
 *
 * The tables are created with the first entry. Reads of an unknown subject create none.
 */
export class SubjectStore {
  private readonly sql: SqlStorage;
  private exists: boolean;
  private cache: StateAtHead | null = null;
  /** The last erasure of the subject. Stays after the subject gets a new ledger. */
  tombstone: Tombstone | null;

  constructor(storage: DurableObjectStorage) {
    this.sql = storage.sql;
    this.exists = this.hasTables();
    this.tombstone = readTombstone(this.sql);
    // Before the object answers any request.
    if (this.exists) storage.transactionSync(() => migrateSchema(this.sql));
  }

  isCreated(): boolean {
    return this.exists;
  }

  create(identity: SubjectIdentity): void {
    this.sql.exec(schema);
    const { sequence, at, hash } = ledgerStart(this.tombstone);
    const insert = "INSERT INTO subject (id, schema_version, identity, flushed_sequence) VALUES (1, ?, ?, ?)";
    this.sql.exec(insert, schemaVersion, JSON.stringify(identity), sequence);
    if (sequence > 0) this.sql.exec("INSERT INTO checkpoint VALUES (1, ?, ?, ?)", sequence, at, hash);
    this.exists = true;
  }

  /** Permanently deletes everything and leaves a tombstone. Call inside a transaction. */
  erase(erasure: Erasure): void {
    const tombstone = { ...erasure, sequence: this.head().sequence };
    replaceTablesWithTombstone(this.sql, tombstone);
    this.tombstone = tombstone;
    this.exists = false;
    this.cache = null;
  }

  /** Discards the state in memory after a rollback and reads it again from storage. */
  reloadAfterRollback(): void {
    this.exists = this.hasTables();
    this.tombstone = readTombstone(this.sql);
    this.cache = null;
  }

  private hasTables(): boolean {
    return this.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'subject'").toArray().length > 0;
  }

  identity(): SubjectIdentity | null {
    if (!this.exists) return null;
    const { identity } = this.sql.exec<{ identity: string }>("SELECT identity FROM subject").one();
    return JSON.parse(identity) as SubjectIdentity;
  }

  /** Always reads from storage, because a superseded instance must not answer from memory. */
  head(): Head {
    if (!this.exists) return ledgerStart(this.tombstone);
    const [head] = this.sql
      .exec<Head & Record<string, SqlStorageValue>>(
        "SELECT sequence, at, hash FROM ledger ORDER BY sequence DESC LIMIT 1",
      )
      .toArray();
    return head ?? ledgerStart(this.tombstone);
  }

  /** Returns the current state. It is cached in memory while the last sequence in storage stays the same. */
  state(): StateAtHead {
    if (this.cache !== null && this.cache.head.sequence === this.lastSequence()) return this.cache;
    this.cache = { head: this.head(), ...this.readState() };
    return this.cache;
  }

  /** Returns the last sequence of the ledger in storage, or `null` if it has no entry. */
  private lastSequence(): number | null {
    if (!this.exists) return null;
    const query = "SELECT max(sequence) AS last FROM ledger";
    return this.sql.exec<{ last: number | null }>(query).one().last;
  }

  private readState(): SubjectState {
    if (!this.exists) return emptyState;
    return readStoredState(this.sql);
  }

  /** Writes the entry and the resulting state. Call inside the transaction that read `previous`. */
  append(previous: StateAtHead, draft: EntryDraft, at: number): Head {
    const sequence = previous.head.sequence + 1;
    const body = JSON.stringify(draft);
    const head = { sequence, at, hash: chainHash(previous.head.hash, sequence, at, body) };
    this.sql.exec(
      "INSERT INTO ledger (sequence, at, hash, body, idempotency_key) VALUES (?, ?, ?, ?, ?)",
      sequence,
      at,
      head.hash,
      body,
      draft.idempotency === null
        ? null
        : toIdempotencyIndex(draft.idempotency.endpoint, draft.idempotency.key),
    );
    for (const { entitlement } of draft.touched)
      this.sql.exec(
        `INSERT INTO entitlements (entitlement_id, version, body) VALUES (?, ?, ?)
         ON CONFLICT (entitlement_id) DO UPDATE SET version = excluded.version, body = excluded.body`,
        entitlement.entitlementId,
        sequence,
        JSON.stringify(entitlement),
      );
    for (const record of draft.records)
      this.sql.exec(
        `INSERT INTO stripe_records (record_id, body) VALUES (?, ?)
         ON CONFLICT (record_id) DO UPDATE SET body = excluded.body`,
        record.recordId,
        JSON.stringify(record),
      );
    writeUsageRows(this.sql, draft);
    storeEvents(this.sql, () => this.identity(), previous, { ...draft, sequence, at });
    this.cache = { head, ...applyEntry(previous, draft) };
    return head;
  }

  /** Returns the request that was answered under this key, at any time in the past. */
  answeredRequest(endpoint: IdempotentOperation, key: string): AnsweredRequest | null {
    return this.exists ? readAnsweredRequest(this.sql, endpoint, key) : null;
  }

  /** Returns the entry, or `null` if it does not exist or is folded. */
  entry(sequence: number): LedgerEntry | null {
    const [stored] = this.entriesAfter(sequence - 1, 1);
    return stored?.sequence === sequence ? parseEntry(stored) : null;
  }

  isReversed(sequence: number): boolean {
    return this.exists && isReversed(this.sql, sequence);
  }

  reversedEntries(): number[] {
    return this.exists ? readReversed(this.sql) : [];
  }

  storageBytes(): number {
    return this.sql.databaseSize;
  }

  /** Returns the last folded entry. The ledger contains only the entries after it. */
  checkpoint(): Checkpoint {
    return this.exists ? readCheckpoint(this.sql) : ledgerStart(this.tombstone);
  }

  checkpointState(): SubjectState {
    return this.exists ? readCheckpointState(this.sql) : emptyState;
  }

  /** Returns the time of the oldest entry that is not folded, or `null`. */
  oldestAt(): number | null {
    const query = "SELECT at FROM ledger ORDER BY sequence LIMIT 1";
    return this.exists ? (this.sql.exec<{ at: number }>(query).toArray()[0]?.at ?? null) : null;
  }

  /** Returns up to `limit` entries after `sequence`, oldest first. */
  entriesAfter(sequence: number, limit: number): StoredEntry[] {
    return this.readEntries("WHERE sequence > ? ORDER BY sequence LIMIT ?", sequence, limit);
  }

  /** Returns the newest `limit` entries before `sequence`, newest first. */
  entriesBefore(sequence: number, limit: number): StoredEntry[] {
    return this.readEntries("WHERE sequence < ? ORDER BY sequence DESC LIMIT ?", sequence, limit);
  }

  /** Returns up to `limit` decisive entries between two sequences, both excluded, oldest first. */
  decisiveEntriesBetween(after: number, before: number, limit: number): StoredEntry[] {
    const where = `WHERE sequence > ? AND sequence < ? AND ${isDecisive} ORDER BY sequence LIMIT ?`;
    return this.readEntries(`INDEXED BY ledger_decisive ${where}`, after, before, limit);
  }

  private readEntries(where: string, ...bindings: number[]): StoredEntry[] {
    if (!this.exists) return [];
    const query = `SELECT ${entryColumns} FROM ledger ${where}`;
    return this.sql.exec<StoredEntry & Record<string, SqlStorageValue>>(query, ...bindings).toArray();
  }

  /** Returns the units consumed by folded entries, per day (UTC midnight). */
  foldedUsage(): { day: number; units: number }[] {
    return this.exists ? readDailyUsage(this.sql) : [];
  }

  flushedSequence(): number {
    if (!this.exists) return ledgerStart(this.tombstone).sequence;
    const query = "SELECT flushed_sequence AS flushed FROM subject";
    return this.sql.exec<{ flushed: number }>(query).one().flushed;
  }

  /** Returns the units spent up to the flushed entry. */
  spentUnits(): number {
    const query = "SELECT spent_units AS spent FROM subject";
    return this.exists ? this.sql.exec<{ spent: number }>(query).one().spent : 0;
  }

  setFlushed(sequence: number, spentUnits: number): void {
    this.sql.exec("UPDATE subject SET flushed_sequence = ?, spent_units = ?", sequence, spentUnits);
  }

  entitlementsChangedAfter(sequence: number, limit: number): ChangedEntitlement[] {
    return this.exists ? readChangedEntitlements(this.sql, sequence, limit) : [];
  }
}
