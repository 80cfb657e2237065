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
import { type Checkpoint, readCheckpoint, readCheckpointState, readDailyUsage } from "./checkpoint.ts";
import {
  type ChangedEntitlement,
  readChangedEntitlements,
  readStateSequence,
  writeEntitlements,
} from "./entitlement-rows.ts";
import { chainHash } from "./hash-chain.ts";
import type { Head, StateAtHead } from "./head.ts";
import { isDecisive, migrateSchema, schema, schemaVersion } from "./schema.ts";
import { SignalLog } from "./signal-log.ts";
import { parseEntry, type StoredEntry } from "./stored-entry.ts";
import { readStoredState } from "./stored-state.ts";
import {
  type Erasure,
  ledgerStart,
  readTombstone,
  replaceTablesWithTombstone,
  type Tombstone,
} from "./tombstone.ts";
import { isReversed, readReversed } from "./usage-rows.ts";
import { writeEntry } from "./write-entry.ts";

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
  /** The entry that the table `entitlements` is the state after. Known with `cache`. */
  private stateSequence = 0;
  /** The entitlements that later entries changed, with the sequence of their last change. Known with `cache`. */
  private readonly unwritten = new Map<string, number>();
  readonly signals = new SignalLog({ sql: () => this.sql, identity: () => this.identity() });
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
    const columns = "id, schema_version, identity, flushed_sequence, state_sequence";
    const insert = `INSERT INTO subject (${columns}) VALUES (1, ?1, ?2, ?3, ?3)`;
    this.sql.exec(insert, schemaVersion, JSON.stringify(identity), sequence);
    if (sequence > 0) this.sql.exec("INSERT INTO checkpoint VALUES (1, ?, ?, ?)", sequence, at, hash);
    this.stateSequence = sequence;
    this.signals.load(0);
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

  /** Reads the state again from storage after a rollback. */
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

  /** Reads the tables, and applies the entries after them: at most 500. */
  private readState(): SubjectState {
    this.unwritten.clear();
    if (!this.exists) return emptyState;
    const { sequence, signaledAt } = readStateSequence(this.sql);
    this.stateSequence = sequence;
    this.signals.load(signaledAt);
    let state = readStoredState(this.sql);
    for (const stored of this.entriesAfter(this.stateSequence, Number.MAX_SAFE_INTEGER)) {
      const entry = parseEntry(stored);
      for (const { entitlement } of entry.touched)
        this.unwritten.set(entitlement.entitlementId, entry.sequence);
      state = applyEntry(state, entry);
    }
    return state;
  }

  /**
   * Writes the entry. The tables are then the state after it, but for `entitlements` (entitlement-rows.ts). Call inside
   * the transaction that read `previous`. `decided` is the state after `proposed`, where the caller has it.
   */
  append(previous: StateAtHead, proposed: EntryDraft, at: number, decided?: SubjectState): Head {
    const { draft, next } = this.signals.complete(previous, proposed, at, decided);
    const sequence = previous.head.sequence + 1;
    const body = JSON.stringify(draft);
    const head = { sequence, at, hash: chainHash(previous.head.hash, sequence, at, body) };
    writeEntry(this.sql, { ...head, body }, draft);
    for (const { entitlement } of draft.touched) this.unwritten.set(entitlement.entitlementId, sequence);
    this.signals.storeEntryEvents(previous, { ...draft, sequence, at }, next);
    this.cache = { head, ...next };
    if (sequence - this.stateSequence >= entriesPerSlice) this.writeState();
    return head;
  }

  /** Writes the entitlements that only the ledger has so far. Call inside a transaction. */
  writeState(): void {
    const { head, entitlements } = this.state();
    if (this.stateSequence === head.sequence) return;
    writeEntitlements(this.sql, entitlements, this.unwritten, head.sequence);
    this.unwritten.clear();
    this.stateSequence = head.sequence;
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
    return this.readEntries("ORDER BY sequence LIMIT 1")[0]?.at ?? null;
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

  /** Up to the last `writeState`. */
  entitlementsChangedAfter(sequence: number, limit: number): ChangedEntitlement[] {
    return this.exists ? readChangedEntitlements(this.sql, sequence, limit) : [];
  }
}
