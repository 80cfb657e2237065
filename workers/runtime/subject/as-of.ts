import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import { applyEntry } from "../../../shared/domain/ledger.ts";
import { entriesPerSlice, type SubjectStore } from "./store.ts";
import { readEntry, type StoredEntry } from "./stored-entry.ts";

/** With a sequence: after exactly that entry. Without: after the last entry of that time. */
export interface PastMoment {
  sequence: number | null;
  at: number;
}

/** `reachesBackTo` is the earliest entry after which a decision can be told; sequence 0 is the beginning. */
export type DecisionAsOf = { reachesBackTo: { sequence: number; at: number } } & (
  | { outcome: "computed"; decision: Decision; sequence: number; at: number; entitlements: Entitlement[] }
  | { outcome: "too_long_ago" }
);

/** The decision as it was at `moment`, computed from checkpoint and ledger alone. Nothing must be folded meanwhile. */
export async function decisionAsOf(store: SubjectStore, moment: PastMoment): Promise<DecisionAsOf> {
  const { sequence: folded, at: foldedAt } = store.checkpoint();
  const reachesBackTo = { sequence: folded, at: foldedAt };
  const isTooLongAgo = moment.sequence === null ? moment.at < foldedAt : moment.sequence < folded;
  if (isTooLongAgo) return { outcome: "too_long_ago", reachesBackTo };
  let state = store.checkpointState();
  let sequence = folded;
  const isLater = (stored: StoredEntry) =>
    moment.sequence === null ? stored.at > moment.at : stored.sequence > moment.sequence;
  for (;;) {
    const slice = store.entriesAfter(sequence, entriesPerSlice);
    for (const stored of slice) {
      if (isLater(stored)) break;
      state = applyEntry(state, readEntry(stored));
      sequence = stored.sequence;
    }
    const isWhole = slice.length === entriesPerSlice && slice.at(-1)?.sequence === sequence;
    if (!isWhole) break;
    // A long history must not keep the checks of others waiting.
    await scheduler.wait(0);
  }
  const entitlements = [...state.entitlements.values()];
  const decision = decideAccess(entitlements, moment.at);
  return { outcome: "computed", decision, sequence, at: moment.at, entitlements, reachesBackTo };
}
