import type { SubjectCopy } from "../../../shared/db/flush-subject.ts";
import { nextExpiry } from "../../../shared/domain/expire.ts";
import { nextReview } from "../../../shared/domain/review-subscription.ts";
import type { SubjectStore } from "./store.ts";

const entitlementsPerFlush = 200;

/** What D1 has to be told to be as the ledger after `sequence`, or as far as one flush goes: `flushedTo` says how far. */
export function copyAfter(store: SubjectStore, sequence: number, now: number): SubjectCopy {
  const identity = store.identity();
  if (identity === null) throw new Error("a subject without identity has nothing to flush");
  const { head, ...state } = store.state();
  const changed = store.entitlementsChangedAfter(sequence, entitlementsPerFlush);
  const isLastPage = changed.length < entitlementsPerFlush;
  return {
    identity,
    head,
    nextExpiryAt: nextExpiry(state.entitlements),
    nextReviewAt: nextReview(state)?.at ?? null,
    flushedAt: now,
    entitlements: changed,
    events: [],
    audits: [],
    flushedTo: isLastPage ? head.sequence : (changed.at(-1)?.version ?? head.sequence),
  };
}
