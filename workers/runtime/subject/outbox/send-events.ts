import { type DeliveryMessage, insertEvents, type NewEvent } from "../../../../shared/db/outbound-events.ts";
import { emptyState, isUsage } from "../../../../shared/domain/ledger.ts";
import { errorMessage, log } from "../../../../shared/kit/log.ts";
import type { SubjectCopy } from "../../db/flush-subject.ts";
import {
  buildEntryEvents,
  deleteEvents,
  maxEventsPerBatch,
  readEvents,
  toBatches,
} from "../storage/outbound-events.ts";
import type { SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";

/**
 * Sends events in batches before the copy, if they do not fit into one statement. Returns the last batch,
 * which is sent with the copy. Adds the new deliveries to `deliveries`.
 */
export async function sendAllButLastBatch(
  sql: SqlStorage,
  db: D1Database,
  { identity, flushedTo }: SubjectCopy,
  now: number,
  deliveries: DeliveryMessage[],
): Promise<NewEvent[]> {
  for (;;) {
    const [first = [], ...others] = toBatches(readEvents(sql, flushedTo, maxEventsPerBatch + 1));
    if (others.length === 0) return first;
    deliveries.push(...(await insertEvents(db, identity, first, now)));
    deleteEvents(sql, first);
  }
}

/**
 * Sends the usage events of the types that endpoints subscribe to. Called only if there are any; otherwise their
 * entries are not parsed.
 */
export async function sendUsageEvents(
  store: SubjectStore,
  db: D1Database,
  { identity, flushedTo }: SubjectCopy,
  types: string[],
  now: number,
): Promise<DeliveryMessage[]> {
  const deliveries: DeliveryMessage[] = [];
  let sequence = store.flushedSequence();
  while (sequence < flushedTo) {
    const entries = store
      .entriesAfter(sequence, maxEventsPerBatch)
      .filter((stored) => stored.sequence <= flushedTo)
      .map(parseEntry);
    const events = entries
      .filter(({ operation }) => isUsage(operation))
      .flatMap((entry) => buildEntryEvents(identity, emptyState, entry))
      .filter(({ type }) => types.includes(type));
    for (const batch of toBatches(events)) deliveries.push(...(await insertEvents(db, identity, batch, now)));
    sequence = entries.at(-1)?.sequence ?? flushedTo;
  }
  return deliveries;
}

/** Enqueues the deliveries. If the queue is unavailable, the sweep finds them in D1. */
export async function enqueueDeliveries(
  queue: Queue<DeliveryMessage>,
  deliveries: DeliveryMessage[],
): Promise<void> {
  try {
    for (let from = 0; from < deliveries.length; from += maxEventsPerBatch) {
      const batch = deliveries.slice(from, from + maxEventsPerBatch);
      await queue.sendBatch(batch.map((body) => ({ body })));
    }
  } catch (error) {
    log("warn", "outbox.queue_unavailable", { count: deliveries.length, error: errorMessage(error) });
  }
}
