import type { EntryDraft, SubjectState } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { Head, SubjectStore } from "./store.ts";

/** What a decision returns when it wants something written. Everything else it returns is passed through. */
export interface Change {
  outcome: "change";
  draft: EntryDraft;
}

export interface Changed<D> {
  decision: D;
  /** The head after the change, or the head the decision rested on when nothing was written. */
  head: Head;
  /** The moment the decision was made for; never before the entry it follows. */
  at: number;
}

/**
 * The one function through which a subject changes, whoever asks (spec page 2): decide, write the state and one
 * ledger entry, in one synchronous transaction.
 *
 * Guarantees: no other request sees or makes a state in between (there is no `await`); either the entry and the state
 * are both there after a crash or neither is; entries' times never go backwards.
 * The caller arms the outbox right after, also without an `await`, so that both reach the disk in one commit.
 */
export function change<D extends { outcome: string }>(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  now: number,
  decide: (state: SubjectState, at: number) => D | (D & Change),
): Changed<D> {
  try {
    return storage.transactionSync(() => {
      const previous = store.state();
      const { head, ...state } = previous;
      const at = Math.max(now, head.at);
      const decision = decide(state, at);
      if (!isChange(decision)) return { decision, head, at };
      if (!store.isCreated()) store.create(identity);
      return { decision, head: store.append(previous, decision.draft, at), at };
    });
  } catch (error) {
    store.rolledBack();
    throw error;
  }
}

function isChange<D extends { outcome: string }>(decision: D): decision is D & Change {
  return decision.outcome === "change";
}
