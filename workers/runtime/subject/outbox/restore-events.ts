import { type DatabasesEnv, dataOf } from "../../../../shared/db/databases.ts";
import {
  restoreEvents as insertRestoredEvents,
  type NewEvent,
} from "../../../../shared/db/outbound-events.ts";
import { findClockSignals, findEntrySignals } from "../../../../shared/domain/access-signals.ts";
import { applyEntry } from "../../../../shared/domain/ledger.ts";
import { findClockNotices } from "../../../../shared/domain/notices.ts";
import {
  buildEntryEvents,
  toBatches,
  toNoticeEvent,
  toSignalDecisionId,
  toSignalEvent,
} from "../storage/outbound-events.ts";
import { entriesPerSlice, type SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";

/** Selects the events of a subject to restore in D1. Times are in milliseconds since 1970. */
export interface RestoreRequest {
  since: number;
  eventTypes: string[];
  /** The start of the rows' retention period. */
  writtenAt: number;
}

/**
 * Rebuilds past events from the ledger, each identical to the original. Restores events that D1 has deleted,
 * and usage events that no endpoint subscribed to at the time. Existing rows stay unchanged. Returns the
 * number of events.
 *
 * Works in slices, so that a long history does not block checks. Skips entries that are not flushed, because
 * the flush writes their events. Folded entries have no events any more.
 */
export async function restoreEvents(
  store: SubjectStore,
  env: DatabasesEnv,
  { since, eventTypes, writtenAt }: RestoreRequest,
): Promise<number> {
  const identity = store.identity();
  if (identity === null) return 0;
  const db = dataOf(env, identity);
  const flushed = store.flushedSequence();
  let state = store.checkpointState();
  let sequence = store.checkpoint().sequence;
  let last = { sequence, at: store.checkpoint().at };
  const toDecisionId = toSignalDecisionId(identity);
  const isWanted = ({ type, occurredAt }: NewEvent) => occurredAt >= since && eventTypes.includes(type);
  let restored = 0;
  while (sequence < flushed) {
    const events: NewEvent[] = [];
    for (const stored of store.entriesAfter(sequence, entriesPerSlice)) {
      const entry = parseEntry(stored);
      const next = applyEntry(state, entry);
      if (entry.sequence <= flushed) {
        const signals = findEntrySignals(identity, state, next, last, entry, toDecisionId);
        const all = [
          ...buildEntryEvents(identity, state, entry),
          ...signals.map((signal) => toSignalEvent(identity, signal)),
          ...(entry.notices ?? []).map((notice) =>
            toNoticeEvent(identity, notice, {
              before: state,
              sequence: last.sequence,
              caused: { entry, after: next },
            }),
          ),
        ];
        events.push(...all.filter(isWanted));
      }
      state = next;
      ({ sequence } = entry);
      last = { sequence, at: entry.at };
    }
    for (const batch of toBatches(events)) await insertRestoredEvents(db, identity, batch, writtenAt);
    restored += events.length;
    await scheduler.wait(0);
  }
  // What time alone changed after the last entry, as far as it is stored.
  const storedTo = store.signals.storedTo(store.head());
  const notices = findClockNotices({ state, at: last.at }, storedTo)?.notices ?? [];
  const byClock = [
    ...findClockSignals(identity, state, last, storedTo, toDecisionId).map((signal) =>
      toSignalEvent(identity, signal),
    ),
    ...notices.map((notice) =>
      toNoticeEvent(identity, notice, { before: state, sequence: last.sequence, caused: null }),
    ),
  ].filter(isWanted);
  for (const batch of toBatches(byClock)) await insertRestoredEvents(db, identity, batch, writtenAt);
  return restored + byClock.length;
}
