import { listLapses } from "../../../../shared/domain/lapse.ts";
import type { EntryDraft, SubjectState } from "../../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import type { Head, StateAtHead, SubjectStore } from "../storage/store.ts";

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
 * has ended by time, also where the decision then writes nothing: an alarm is set for those already.
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
  try {
    return storage.transactionSync(() => {
      const previous = writeLapses(store, now);
      const { head, ...state } = previous;
      const at = Math.max(now, head.at);
      const decision = decide(state, at, head.sequence + 1);
      if (!isChange(decision)) return { decision, head, at };
      if (!store.isCreated()) store.create(identity);
      return { decision, head: store.append(previous, decision.draft, at), at };
    });
  } catch (error) {
    store.reloadAfterRollback();
    throw error;
  }
}

/** Writes what lapsed by `now`, so that a history that is read next ends where the decision does. */
export function recordLapses(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  now: number,
): void {
  changeSubject(storage, store, identity, now, () => ({ outcome: "unchanged" }));
}

/** Writes an entry for each reservation that lapsed by `now`. Returns the state after them. */
function writeLapses(store: SubjectStore, now: number): StateAtHead {
  let state = store.state();
  for (const { draft, at } of listLapses(state, state.head.at, now)) {
    store.append(state, draft, at);
    state = store.state();
  }
  return state;
}

function isChange<D extends { outcome: string }>(decision: D): decision is D & ChangeDecision {
  return decision.outcome === "change";
}
