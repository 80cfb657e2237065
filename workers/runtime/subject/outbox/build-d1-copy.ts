import { findNextClockEntry } from "../../../../shared/domain/clock-entries.ts";
import { summarizeCustomer } from "../../../../shared/domain/customer-summary.ts";
import { earliest, findNextExpiry } from "../../../../shared/domain/expire.ts";
import { findNextReview } from "../../../../shared/domain/review-subscription.ts";
import type { SubjectCopy } from "../../db/flush-subject.ts";
import type { SubjectStore } from "../storage/store.ts";

const hourMs = 3_600_000;

/** The units spent up to the flushed entry. D1 has them already, unless its row was lost or restored. */
const spentBefore = (total: number, now: number): SubjectCopy["spent"] => ({
  total,
  hours: total === 0 ? [] : [{ hour: now - (now % hourMs), from: 0, to: total }],
});

const maxEntitlementsPerFlush = 200;

/**
 * Builds the next flush to D1: everything that changed after `sequence`, in at most about 200 entitlements.
 * `flushedTo` is the sequence up to which D1 is complete once the flush is written.
 */
export function buildD1Copy(store: SubjectStore, sequence: number, now: number): SubjectCopy {
  const identity = store.identity();
  if (identity === null) throw new Error("the subject has no identity, so it cannot be flushed");
  const { head, ...state } = store.state();
  const changed = store.entitlementsChangedAfter(sequence, maxEntitlementsPerFlush);
  const isLastPage = changed.length < maxEntitlementsPerFlush;
  return {
    identity,
    head,
    nextExpiryAt: earliest(findNextExpiry(state.entitlements), findNextClockEntry(state)),
    nextReviewAt: findNextReview(state)?.at ?? null,
    flushedAt: now,
    storageBytes: store.storageBytes(),
    summary: summarizeCustomer(state, now),
    entitlements: changed,
    spent: spentBefore(store.spentUnits(), now),
    events: [],
    audits: [],
    flushedTo: isLastPage ? head.sequence : (changed.at(-1)?.version ?? head.sequence),
  };
}
