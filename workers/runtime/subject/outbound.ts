import type { NewEvent } from "../../../shared/db/write-events.ts";
import type { LedgerEntry, SubjectState } from "../../../shared/domain/ledger.ts";
import { outboundEvents } from "../../../shared/domain/outbound-events.ts";
import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { derivedIdAt } from "../../../shared/kit/ids.ts";

/** Events that D1 has not confirmed yet. */
export const outboundSchema = `
  CREATE TABLE outbound (
    event_id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX outbound_by_sequence ON outbound (sequence);`;

/**
 * The events of one entry as they are stored, signed and sent. The same entry always makes the same rows: the id comes
 * from the subject, the entry's sequence and the event's place in it.
 */
export function eventsOfEntry(
  identity: SubjectIdentity,
  before: SubjectState,
  entry: LedgerEntry,
): NewEvent[] {
  const timestamp = new Date(entry.at).toISOString();
  return outboundEvents(identity, before, entry).map(({ type, data }, place) => {
    const source = `${subjectName(identity)}/${entry.sequence}/${place}`;
    const id = derivedIdAt("evt", entry.at, source);
    const body = JSON.stringify({ id, type, timestamp, data });
    return { eventId: id, type, sequence: entry.sequence, occurredAt: entry.at, body };
  });
}

/**
 * Keeps what the entry has to tell, in the transaction that writes it and while the state before it is at hand; the flush
 * only carries it to D1. Consumption is left out: it is told only where somebody asks, and the entry alone tells it.
 */
export function keepEvents(
  sql: SqlStorage,
  identityOf: () => SubjectIdentity | null,
  before: SubjectState,
  entry: LedgerEntry,
): void {
  if (entry.operation === "consume") return;
  const identity = identityOf();
  if (identity === null) throw new Error("a subject without identity has nothing to tell");
  for (const event of eventsOfEntry(identity, before, entry))
    sql.exec(
      "INSERT INTO outbound (event_id, sequence, event) VALUES (?, ?, ?)",
      event.eventId,
      entry.sequence,
      JSON.stringify(event),
    );
}

/** The oldest events that are kept, of entries up to `sequence`. */
export function keptEvents(sql: SqlStorage, sequence: number, limit: number): NewEvent[] {
  return sql
    .exec<{ event: string }>(
      "SELECT event FROM outbound WHERE sequence <= ? ORDER BY sequence, event_id LIMIT ?",
      sequence,
      limit,
    )
    .toArray()
    .map((row) => JSON.parse(row.event) as NewEvent);
}

/** At most this many events in one statement: as many as the queue takes messages at once. */
export const eventsPerBatch = 100;
/** And about so many characters: D1 takes 2 MB in one parameter, and a checkout's metadata may be long. */
const charactersPerBatch = 300_000;

/** The events in their order, in parts that one statement takes. */
export function inBatches(events: NewEvent[]): NewEvent[][] {
  const batches: NewEvent[][] = [];
  let characters = 0;
  for (const event of events) {
    const batch = batches.at(-1);
    characters += event.body.length;
    if (batch !== undefined && batch.length < eventsPerBatch && characters <= charactersPerBatch) {
      batch.push(event);
    } else {
      batches.push([event]);
      characters = event.body.length;
    }
  }
  return batches;
}

/** To be called when D1 has them. */
export function forgetEvents(sql: SqlStorage, events: NewEvent[]): void {
  for (const { eventId } of events) sql.exec("DELETE FROM outbound WHERE event_id = ?", eventId);
}
