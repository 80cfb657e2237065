import { applyClock, isByClock } from "../../../../shared/domain/clock-entries.ts";
import { type Decision, decideAccess } from "../../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import { applyEntry } from "../../../../shared/domain/ledger.ts";
import { listOpen, type Reservation } from "../../../../shared/domain/reservation.ts";
import { entriesPerSlice, type SubjectStore } from "../storage/store.ts";
import { parseEntry, type StoredEntry } from "../storage/stored-entry.ts";

/**
 * With a sequence: the state after exactly that entry. Without: the state after the last entry up to `at`.
 */
export interface PastMoment {
  sequence: number | null;
  at: number;
}

/**
 * How much later than the next entry a decision can be. An entry has the time at which its request arrived, and other
 * decisions are answered while the request waits for D1. The clocks of two machines differ a little too.
 */
const toleranceMs = 60_000;

/**
 * `not_a_decision`: no decision was ever made with this sequence at this time. `reachesBackTo` is the earliest entry for which a decision can be computed; sequence 0 is the empty ledger.
 */
export type DecisionAsOf = { reachesBackTo: { sequence: number; at: number } } & (
  | {
      outcome: "computed";
      decision: Decision;
      sequence: number;
      at: number;
      entitlements: Entitlement[];
      /** What was held, the first to expire first. */
      reservations: Reservation[];
    }
  | { outcome: "too_long_ago" }
  | { outcome: "not_a_decision" }
);

/**
 * Computes the decision at `moment` from the checkpoint and the ledger alone. The caller must keep the ledger
 * from being folded until this returns.
 */
export async function computeDecisionAsOf(store: SubjectStore, moment: PastMoment): Promise<DecisionAsOf> {
  const { sequence: folded, at: foldedAt } = store.checkpoint();
  const reachesBackTo = { sequence: folded, at: foldedAt };
  const isTooLongAgo =
    moment.sequence === null || moment.sequence === folded ? moment.at < foldedAt : moment.sequence < folded;
  if (isTooLongAgo) {
    const isPossible = moment.at <= foldedAt + toleranceMs;
    return { outcome: isPossible ? "too_long_ago" : "not_a_decision", reachesBackTo };
  }
  let state = store.checkpointState();
  let sequence = folded;
  let headAt = foldedAt;
  const isLater = (stored: StoredEntry) =>
    moment.sequence === null ? stored.at > moment.at : stored.sequence > moment.sequence;
  for (;;) {
    const slice = store.entriesAfter(sequence, entriesPerSlice);
    for (const stored of slice) {
      if (isLater(stored)) break;
      state = applyEntry(state, parseEntry(stored));
      sequence = stored.sequence;
      headAt = stored.at;
    }
    const mayHaveMore = slice.length === entriesPerSlice && slice.at(-1)?.sequence === sequence;
    if (!mayHaveMore) break;
    // Yields, so that a long history does not delay concurrent checks.
    await scheduler.wait(0);
  }
  if (!isPossible(store, moment, sequence)) return { outcome: "not_a_decision", reachesBackTo };
  const { at } = moment;
  const current = applyClock(state, headAt, at);
  const entitlements = [...current.entitlements.values()];
  const reservations = listOpen(current.reservations);
  const decision = decideAccess(entitlements, at);
  return { outcome: "computed", decision, sequence, at, entitlements, reservations, reachesBackTo };
}

/**
 * Returns whether a decision with the sequence can have been made at the time: the entry exists, is not later, and the
 * next one is not earlier. `reached` is the last entry up to the moment.
 */
function isPossible(store: SubjectStore, { sequence, at }: PastMoment, reached: number): boolean {
  if (sequence === null) return true;
  if (sequence !== reached) return false;
  const checkpoint = store.checkpoint();
  const [entry] = sequence === checkpoint.sequence ? [checkpoint] : store.entriesAfter(sequence - 1, 1);
  const next = findNextDecided(store, sequence);
  return entry !== undefined && entry.at <= at && (next === null || at <= next.at + toleranceMs);
}

/**
 * Returns the first entry after `sequence` that a request or an alarm decided. What time caused has
 * the time at which it happened, and may be written later.
 */
function findNextDecided(store: SubjectStore, sequence: number): StoredEntry | null {
  for (let after = sequence; ; ) {
    const slice = store.entriesAfter(after, entriesPerSlice);
    const found = slice.find((stored) => !isByClock(parseEntry(stored)));
    if (found !== undefined) return found;
    if (slice.length < entriesPerSlice) return null;
    after = slice.at(-1)?.sequence ?? after;
  }
}
