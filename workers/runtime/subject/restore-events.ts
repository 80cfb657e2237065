import { d1 } from "../../../shared/db/deadline.ts";
import { type NewEvent, restoreEvents as writeRestored } from "../../../shared/db/write-events.ts";
import { applyEntry } from "../../../shared/domain/ledger.ts";
import { eventsOfEntry, inBatches } from "./outbound.ts";
import { entriesPerSlice, type SubjectStore } from "./store.ts";
import { readEntry } from "./stored-entry.ts";

/** Which events of a subject are to be in D1 again. Times in milliseconds since 1970. */
export interface RestoreRequest {
  since: number;
  eventTypes: string[];
  /** For the rows: from when on they are kept. */
  writtenAt: number;
}

/**
 * Makes the events of the ledger's past again, each as it was: what D1 no longer keeps, and consumption that nobody asked
 * for at its time. Rows that are there stay as they are. Goes in slices, so that a long history blocks no check; what is not
 * flushed yet is left to the flush, what is folded into the checkpoint tells nothing any more. Returns how many events there are.
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
      const entry = readEntry(stored);
      const isWanted = entry.at >= since && entry.sequence <= flushed;
      if (isWanted)
        events.push(...eventsOfEntry(identity, state, entry).filter(({ type }) => eventTypes.includes(type)));
      state = applyEntry(state, entry);
      sequence = entry.sequence;
    }
    for (const batch of inBatches(events)) await d1(writeRestored(db, identity, batch, writtenAt));
    restored += events.length;
    await scheduler.wait(0);
  }
  return restored;
}
