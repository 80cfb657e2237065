import type {
  CustomerView,
  EntryView,
  FlipView,
  UsageDay,
} from "../../../../shared/contract/operations/customer-views.ts";
import { termsRecordId } from "../../../../shared/domain/allowance-terms.ts";
import { statusAt } from "../../../../shared/domain/availability.ts";
import type { Decision } from "../../../../shared/domain/decision.ts";
import { dayMs, sortNewestFirst } from "../../../../shared/domain/entitlement.ts";
import type { Flip } from "../../../../shared/domain/flips.ts";
import {
  type Entitlements,
  type LedgerEntry,
  unitsConsumed,
  unitsMoved,
} from "../../../../shared/domain/ledger.ts";
import { getUsageRemaining } from "../../../../shared/domain/lots.ts";
import { findNextAllowance } from "../../../../shared/domain/next-allowance.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../../shared/kit/decision-id.ts";
import { readPageFlips } from "../history/read-flips.ts";
import { actionKey } from "../operator-actions/manual-action.ts";
import type { SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";
import { explainEntitlement, toAccessView, toDecisionView } from "./explain.ts";
import { toNoticeViews } from "./notice-view.ts";
import { toReservationChange, toReservationViews } from "./reservation-view.ts";

/**
 * A page of entries: the newest `limit` entries before sequence `before`, or the newest entries if it is
 * null.
 */
export interface EntryPage {
  before: number | null;
  limit: number;
}

/**
 * Maximum number of entries read for one page, however long the history is. Reading them takes about 20 ms.
 */
const maxEntriesRead = 2_000;

/**
 * Builds the view of one subject that the portal shows to operators. Pages of older entries have no usage and
 * no `since`. Reads a bounded number of entries.
 */
export function buildCustomerView(
  store: SubjectStore,
  identity: SubjectIdentity,
  { before, limit }: EntryPage,
  now: DecisionMoment & { decision: Decision },
  lastCheck: CustomerView["lastCheck"],
): CustomerView {
  const { head, entitlements, records, reservations } = store.state();
  const isFirst = before === null;
  const { sequence: folded } = store.checkpoint();
  const end = before ?? head.sequence + 1;
  const isWhole = end - 1 - folded <= maxEntriesRead;
  const read = store.entriesBefore(end, isFirst ? maxEntriesRead : limit).map(parseEntry);
  const listed = read.slice(0, limit);
  const last = listed.at(-1)?.sequence ?? 0;
  // A flip in the millisecond of the next page's first entry is on that page.
  const [next] = isFirst ? [] : store.entriesAfter(end - 1, 1).map(parseEntry);
  const history = readPageFlips(store, listed.toReversed(), next === undefined ? now.at : next.at - 1);
  const all = [...entitlements.values()];
  const termsOf = (productCode: string) => {
    const record = records.get(termsRecordId(productCode));
    return record?.type === "terms" ? record.versions : [];
  };
  return {
    lastCheck,
    subjectRef: identity.subjectRef,
    exists: store.isCreated(),
    decision: toDecisionView(identity, now.decision, now),
    since: isFirst ? (history?.since ?? null) : null,
    entitlements: sortNewestFirst(all).map((entitlement) => explainEntitlement(entitlement, all, now.at)),
    nextAllowances: all.flatMap((subscription) => {
      const next = findNextAllowance(subscription, termsOf, now.at);
      return next === null ? [] : [{ entitlementId: subscription.entitlementId, ...next }];
    }),
    usageRemaining: getUsageRemaining(all, now.at),
    reservations: toReservationViews(identity, reservations),
    entries: listed.map((entry) => toEntryView(store, identity, entry)),
    flips: history?.flips.toReversed().map((flip) => toFlipView(identity, entitlements, flip)) ?? null,
    notices: toNoticeViews(store, listed, next, now.at),
    entriesBefore: last > folded + 1 ? last : null,
    usage: isFirst ? sumUsageByDay(read, store.foldedUsage()) : [],
    usageIsPartial: isFirst && !isWhole,
    headSequence: head.sequence,
    flushedSequence: store.flushedSequence(),
  };
}

function toFlipView(
  identity: SubjectIdentity,
  entitlements: Entitlements,
  { at, sequence, cause, before, after }: Flip,
): FlipView {
  return {
    before: toAccessView(before),
    after: toDecisionView(identity, after, { sequence, at }),
    cause:
      cause.type === "entry"
        ? cause
        : { ...cause, productCode: entitlements.get(cause.entitlementId)?.productCode ?? "" },
  };
}

function toEntryView(store: SubjectStore, identity: SubjectIdentity, entry: LedgerEntry): EntryView {
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
      consumed: unitsConsumed(moved),
      unitsRemaining: entitlement.unitsRemaining,
    })),
    reservation: toReservationChange(identity, entry.reservation),
    manual: operator === null ? null : { type: operator.action?.type ?? "undo", undoes: operator.undoes },
    undoneBy: operator === null ? null : findUndo(store, entry.sequence),
  };
}

/**
 * Returns the sequence of the entry that undid this one. An undo has a key that contains the undone sequence.
 */
function findUndo(store: SubjectStore, sequence: number): number | null {
  const key = actionKey({ actionId: "", action: { type: "undo", sequence } });
  return store.answeredRequest("portal/action", key)?.sequence ?? null;
}

/** Returns usage per day, newest first. One day can have entries before and after the checkpoint. */
function sumUsageByDay(entries: LedgerEntry[], folded: UsageDay[]): UsageDay[] {
  const days = new Map(folded.map(({ day, units }) => [day, units]));
  for (const { at, reverses, touched } of entries) {
    const consumed = touched.reduce((sum, each) => sum + unitsConsumed(each), 0);
    if (consumed === 0) continue;
    // What was given back is taken off the day on which it was consumed.
    const moment = reverses?.at ?? at;
    const day = moment - (moment % dayMs);
    days.set(day, (days.get(day) ?? 0) + consumed);
  }
  return [...days].map(([day, units]) => ({ day, units })).toSorted((a, b) => b.day - a.day);
}
