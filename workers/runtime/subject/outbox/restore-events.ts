import {
  restoreEvents as insertRestoredEvents,
  type NewEvent,
} from "../../../../shared/db/outbound-events.ts";
import { applyEntry } from "../../../../shared/domain/ledger.ts";
import { buildEntryEvents, toBatches } from "../storage/outbound-events.ts";
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
  db: D1Database,
  { since, eventTypes, writtenAt }: RestoreRequest,
): Promise<number> {
  const identity = store.identity();
  if (identity === null) return 0;
  const flushed = store.flushedSequence();
  let state = store.checkpointState();
  let sequence = store.checkpoint().sequence;
  let restored = 0;
  while (sequence < flushed) {
    const events: NewEvent[] = [];
    for (const stored of store.entriesAfter(sequence, entriesPerSlice)) {
      const entry = parseEntry(stored);
      const isWanted = entry.at >= since && entry.sequence <= flushed;
      if (isWanted)
        events.push(
          ...buildEntryEvents(identity, state, entry).filter(({ type }) => eventTypes.includes(type)),
        );
      state = applyEntry(state, entry);
      sequence = entry.sequence;
    }
    for (const batch of toBatches(events)) await insertRestoredEvents(db, identity, batch, writtenAt);
    restored += events.length;
    await scheduler.wait(0);
  }
  return restored;
}
