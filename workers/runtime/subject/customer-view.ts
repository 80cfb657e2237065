import type {
  CustomerView,
  EntryView,
  UsageDay,
} from "../../../shared/contract/operations/customer-views.ts";
import { statusAt } from "../../../shared/domain/availability.ts";
import { usageRemaining } from "../../../shared/domain/consume.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import { dayMs, newestFirst } from "../../../shared/domain/entitlement.ts";
import { type LedgerEntry, unitsMoved } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";
import { type AccessHistory, accessHistory } from "./access-history.ts";
import { decisionView, explain } from "./explain.ts";
import { keyOf } from "./manual.ts";
import type { SubjectStore } from "./store.ts";
import { readEntry } from "./stored-entry.ts";

/** Which entries to list: the newest `limit` before sequence `before`, or the newest of all. */
export interface EntryPage {
  before: number | null;
  limit: number;
}

/** So many entries are read for a page at most, however long the history is: about 20 ms. */
const entriesRead = 2_000;

/**
 * Everything of one subject that an operator looks at, as it is at this moment; on a further page of entries no usage, and
 * not since when. Reads a bounded number of entries.
 */
export function customerView(
  store: SubjectStore,
  identity: SubjectIdentity,
  { before, limit }: EntryPage,
  now: DecisionMoment & { decision: Decision },
): CustomerView {
  const { head, entitlements } = store.state();
  const isFirst = before === null;
  const { sequence: folded } = store.checkpoint();
  const end = before ?? head.sequence + 1;
  // With which entries access changed can be told from the beginning on only; of a long history it is not told.
  const isWhole = end - 1 - folded <= entriesRead;
  const read = store.entriesBefore(end, isFirst || isWhole ? entriesRead : limit).map(readEntry);
  const history = isWhole
    ? accessHistory(store.checkpointState(), read.toReversed(), isFirst ? now.at : (read[0]?.at ?? now.at))
    : null;
  const listed = read.slice(0, limit);
  const last = listed.at(-1)?.sequence ?? 0;
  const all = [...entitlements.values()];
  return {
    subjectRef: identity.subjectRef,
    exists: store.isCreated(),
    decision: decisionView(identity, now.decision, now),
    since: isFirst ? (history?.since ?? null) : null,
    entitlements: newestFirst(all).map((entitlement) => explain(entitlement, now.at)),
    usageRemaining: usageRemaining(all, now.at),
    entries: listed.map((entry) => entryView(store, entry, history)),
    entriesBefore: last > folded + 1 ? last : null,
    usage: isFirst ? usageByDay(read, store.foldedUsage()) : [],
    usageIsPartial: isFirst && !isWhole,
    headSequence: head.sequence,
    flushedSequence: store.flushedSequence(),
  };
}

function entryView(store: SubjectStore, entry: LedgerEntry, history: AccessHistory | null): EntryView {
  const { cause } = entry;
  const operator = cause.type === "operator" ? cause : null;
  return {
    sequence: entry.sequence,
    at: entry.at,
    operation: entry.operation,
    source: entry.source,
    reason: entry.reason,
    actor: operator === null ? null : { operatorId: entry.actor ?? "", name: operator.actorName },
    cause: {
      type: cause.type,
      id: "id" in cause ? cause.id : null,
      because: "because" in cause ? cause.because : null,
    },
    idempotencyKey: operator === null ? (entry.idempotency?.key ?? null) : null,
    touched: entry.touched.map(({ entitlement, ...moved }) => ({
      entitlementId: entitlement.entitlementId,
      productCode: entitlement.productCode,
      kind: entitlement.kind,
      status: statusAt(entitlement, entry.at),
      units: unitsMoved(moved),
      unitsRemaining: entitlement.unitsRemaining,
    })),
    flip: history?.flips.get(entry.sequence) ?? null,
    manual: operator === null ? null : { type: operator.action?.type ?? "undo", undoes: operator.undoes },
    undoneBy: operator === null ? null : undoneBy(store, entry.sequence),
  };
}

/** An entry is undone once, under a key that names it. */
function undoneBy(store: SubjectStore, sequence: number): number | null {
  const key = keyOf({ actionId: "", action: { type: "undo", sequence } });
  return store.answeredRequest("portal/action", key)?.sequence ?? null;
}

/** Newest first. A day may have entries on both sides of the checkpoint. */
function usageByDay(entries: LedgerEntry[], folded: UsageDay[]): UsageDay[] {
  const days = new Map(folded.map(({ day, units }) => [day, units]));
  for (const { at, operation, touched } of entries) {
    if (operation !== "consume") continue;
    const day = at - (at % dayMs);
    const consumed = touched.reduce((sum, each) => sum - unitsMoved(each), 0);
    days.set(day, (days.get(day) ?? 0) + consumed);
  }
  return [...days].map(([day, units]) => ({ day, units })).toSorted((a, b) => b.day - a.day);
}
