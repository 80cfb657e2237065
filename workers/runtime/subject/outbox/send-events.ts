import { type DatabasesEnv, dataOf } from "../../../../shared/db/databases.ts";
import { type DeliveryMessage, insertEvents, type NewEvent } from "../../../../shared/db/outbound-events.ts";
import { emptyState, isUsage } from "../../../../shared/domain/ledger.ts";
import { errorMessage, log } from "../../../../shared/kit/log.ts";
import type { SubjectCopy } from "../../db/flush-subject.ts";
import { buildPaidStatements } from "../../db/recovery-results.ts";
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
    const paid = buildPaidStatements(db, identity, first);
    if (paid.length > 0) await db.batch(paid);
    deliveries.push(...(await insertEvents(db, identity, first, now)));
    deleteEvents(sql, first);
  }
}

/**
 * Sends the signals that time alone caused after the last flushed entry. Each deletion follows its insert, so a crash in
 * between sends the same rows again.
 */
export async function sendClockSignals(
  sql: SqlStorage,
  store: SubjectStore,
  env: DatabasesEnv,
  now: number,
): Promise<DeliveryMessage[]> {
  const deliveries: DeliveryMessage[] = [];
  const identity = store.identity();
  if (identity === null) return deliveries;
  // What is stored from here on arms the alarm again.
  store.signals.hasNew = false;
  for (;;) {
    const [batch] = toBatches(readEvents(sql, store.flushedSequence(), maxEventsPerBatch));
    if (batch === undefined) return deliveries;
    deliveries.push(...(await insertEvents(dataOf(env, identity), identity, batch, now)));
    deleteEvents(sql, batch);
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
