import { listClockEntries } from "../../../../shared/domain/clock-entries.ts";
import type { EntryDraft, SubjectState } from "../../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import type { Head, StateAtHead } from "../storage/head.ts";
import type { SubjectStore } from "../storage/store.ts";

/**
 * The outcome of a decision that writes an entry. Every other outcome is returned to the caller unchanged.
 */
export interface ChangeDecision {
  outcome: "change";
  draft: EntryDraft;
}

export interface ChangeResult<D> {
  decision: D;
  /** The head after the change, or the head that the decision read if nothing was written. */
  head: Head;
  /** The time of the decision; never earlier than the previous entry. */
  at: number;
}

/**
 * Decides, and writes one ledger entry and the resulting state, in one synchronous transaction. Every change
 * of a subject goes through this function. Before it decides, it writes an entry for each reservation that
 * has ended and each window of an allowance that has begun by time, also where the decision then writes nothing: an
 * alarm is set for those already.
 *
 * Guarantees:
 * - No other request reads or writes a state in between, because there is no `await`.
 * - After a crash the entry and the state both exist, or neither does.
 * - The times of entries never decrease.
 *
 * The caller arms the outbox right after, also without an `await`, so that entry and alarm are one commit.
 */
export function changeSubject<D extends { outcome: string }>(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  now: number,
  decide: (state: SubjectState, at: number, sequence: number) => D | (D & ChangeDecision),
): ChangeResult<D> {
  return transact(storage, store, () => {
    const previous = writeClockEntries(store, now);
    const { head, ...state } = previous;
    // A clock that went back must not put an entry before a signal that is stored.
    const at = Math.max(now, store.signals.storedTo(head));
    const decision = decide(state, at, head.sequence + 1);
    if (!isChange(decision)) return { decision, head, at };
    if (!store.isCreated()) store.create(identity);
    return { decision, head: store.append(previous, decision.draft, at), at };
  });
}

/** Writes what time caused by `now`, so that a history that is read next ends where the decision does. */
export function recordClockEntries(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  now: number,
): void {
  changeSubject(storage, store, identity, now, () => ({ outcome: "unchanged" }));
}

/** Stores the changes of access that time alone made by `now`, as signals. */
export function recordClockSignals(storage: DurableObjectStorage, store: SubjectStore, now: number): void {
  transact(storage, store, () => store.signals.storeClockSignals(store.state(), now));
}

/** Writes the entitlements that only the ledger has so far, before they are copied to D1. */
export function writeState(storage: DurableObjectStorage, store: SubjectStore): void {
  transact(storage, store, () => store.writeState());
}

/** Runs `work` in a transaction. If it throws, nothing is written, and the state in memory is that of storage again. */
function transact<T>(storage: DurableObjectStorage, store: SubjectStore, work: () => T): T {
  try {
    return storage.transactionSync(work);
  } catch (error) {
    store.reloadAfterRollback();
    throw error;
  }
}

/** Writes the entries that time caused by `now`. Returns the state after them. */
function writeClockEntries(store: SubjectStore, now: number): StateAtHead {
  let state = store.state();
  const since = store.signals.storedTo(state.head);
  for (const { draft, at, next } of listClockEntries(state, since, now)) {
    store.append(state, draft, at, next);
    state = store.state();
  }
  return state;
}

function isChange<D extends { outcome: string }>(decision: D): decision is D & ChangeDecision {
  return decision.outcome === "change";
}
