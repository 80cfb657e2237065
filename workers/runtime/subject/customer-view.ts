import type { CustomerView, EntryView, UsageDay } from "../../../shared/contract/support.ts";
import { statusAt } from "../../../shared/domain/availability.ts";
import { usageRemaining } from "../../../shared/domain/consume.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import { dayMs, newestFirst } from "../../../shared/domain/entitlement.ts";
import { type LedgerEntry, unitsMoved } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";
import { type AccessHistory, accessHistory } from "./access-history.ts";
import { decisionView, explain } from "./explain.ts";
import type { SubjectStore } from "./store.ts";
import { readEntry } from "./stored-entry.ts";

/** Which entries to list: the newest `limit` before sequence `before`, or the newest of all. */
export interface EntryPage {
  before: number | null;
  limit: number;
}

/** So many of the newest entries are read for the page, however long the history is: about 20 ms. */
const entriesRead = 2_000;

/** Everything of one subject that an operator looks at, as it is at this moment. Reads a bounded number of entries. */
export function customerView(
  store: SubjectStore,
  identity: SubjectIdentity,
  { before, limit }: EntryPage,
  now: DecisionMoment & { decision: Decision },
): CustomerView {
  const { head, entitlements } = store.state();
  const newest = store.entriesBefore(head.sequence + 1, entriesRead).map(readEntry);
  const oldest = newest.at(-1)?.sequence ?? 1;
  const isWhole = oldest === store.checkpoint().sequence + 1 || newest.length === 0;
  const history = isWhole ? accessHistory(store.checkpointState(), newest.toReversed(), now.at) : null;
  const listed = before === null ? newest.slice(0, limit) : store.entriesBefore(before, limit).map(readEntry);
  const last = listed.at(-1)?.sequence ?? 0;
  const all = [...entitlements.values()];
  return {
    subjectRef: identity.subjectRef,
    exists: store.isCreated(),
    decision: decisionView(identity, now.decision, now),
    since: history?.since ?? null,
    entitlements: newestFirst(all).map((entitlement) => explain(entitlement, now.at)),
    usageRemaining: usageRemaining(all, now.at),
    entries: listed.map((entry) => entryView(entry, history)),
    entriesBefore: last > store.checkpoint().sequence + 1 ? last : null,
    usage: usageByDay(newest, store.foldedUsage()),
    usageIsPartial: !isWhole,
    headSequence: head.sequence,
    flushedSequence: store.flushedSequence(),
  };
}

function entryView(entry: LedgerEntry, history: AccessHistory | null): EntryView {
  const { cause } = entry;
  const operator = cause.type === "operator" ? cause : null;
  return {
    sequence: entry.sequence,
    at: entry.at,
    operation: entry.operation,
    source: entry.source,
    reason: entry.reason,
    actor: operator === null ? null : { operatorId: entry.actor ?? "", name: operator.actorName },
    cause: { type: cause.type, id: "id" in cause ? cause.id : null },
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
  };
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
