import type { NewEvent } from "../../../../shared/db/outbound-events.ts";
import type { Signal, ToDecisionId } from "../../../../shared/domain/access-signals.ts";
import { isUsage, type LedgerEntry, type SubjectState } from "../../../../shared/domain/ledger.ts";
import { buildNoticeEvent } from "../../../../shared/domain/notice-events.ts";
import { buildOutboundEvents } from "../../../../shared/domain/outbound-events.ts";
import type { Notice } from "../../../../shared/domain/signal-settings.ts";
import { type SubjectIdentity, subjectName } from "../../../../shared/domain/subject-name.ts";
import { encodeDecisionId } from "../../../../shared/kit/decision-id.ts";
import { deriveIdAt } from "../../../../shared/kit/ids.ts";

/** The table of outbound events that D1 has not confirmed yet. */
export const outboundSchema = `
  CREATE TABLE outbound (
    event_id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    event TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX outbound_by_sequence ON outbound (sequence);`;

/**
 * Builds the events of one entry in the form that is stored, signed and sent. The same entry always produces
 * the same rows, because the id is derived from the subject, the entry's sequence and the event's index.
 */
export function buildEntryEvents(
  identity: SubjectIdentity,
  before: SubjectState,
  entry: LedgerEntry,
): NewEvent[] {
  const timestamp = new Date(entry.at).toISOString();
  return buildOutboundEvents(identity, before, entry).map(({ type, data }, index) => {
    const source = `${subjectName(identity)}/${entry.sequence}/${index}`;
    const id = deriveIdAt("evt", entry.at, source);
    const body = JSON.stringify({ id, type, timestamp, data });
    return { eventId: id, type, sequence: entry.sequence, occurredAt: entry.at, body };
  });
}

/**
 * Stores the entry's events in the transaction that writes the entry, while the state before it is available.
 * The flush only copies them to D1. Skips usage: its events are sent only if an endpoint subscribes to them, and
 * they can be built from the entry alone.
 */
export function storeEvents(
  sql: SqlStorage,
  readIdentity: () => SubjectIdentity | null,
  before: SubjectState,
  entry: LedgerEntry,
): void {
  if (isUsage(entry.operation)) return;
  const identity = readIdentity();
  if (identity === null) throw new Error("the subject has no identity, so it cannot emit events");
  for (const event of buildEntryEvents(identity, before, entry)) insertEvent(sql, event);
}

/** Turns a signal into the form that is stored, signed and sent. No other flip has its sequence and moment. */
export function toSignalEvent(identity: SubjectIdentity, { at, sequence, event }: Signal): NewEvent {
  const id = deriveIdAt("evt", at, `${subjectName(identity)}/${sequence}/access/${at}`);
  const body = JSON.stringify({
    id,
    type: event.type,
    timestamp: new Date(at).toISOString(),
    data: event.data,
  });
  return { eventId: id, type: event.type, sequence, occurredAt: at, body };
}

/** Returns how the decisions of a subject are identified in its signals. */
export const toSignalDecisionId =
  (identity: SubjectIdentity): ToDecisionId =>
  (moment) =>
    encodeDecisionId(subjectName(identity), moment);

/** Stores signals in the transaction that writes what caused them. */
export function storeSignals(sql: SqlStorage, identity: SubjectIdentity, signals: Signal[]): void {
  for (const signal of signals) insertEvent(sql, toSignalEvent(identity, signal));
}

/** What a notice's event is built from: the state and sequence of the entry before, and the entry if it is known. */
export interface NoticeSource {
  before: SubjectState;
  sequence: number;
  caused: { entry: LedgerEntry; after: SubjectState } | null;
}

/** Turns a notice into the form that is stored, signed and sent. No other one has its sequence, type, moment and entitlement. */
export function toNoticeEvent(
  identity: SubjectIdentity,
  notice: Notice,
  { before, sequence: sequenceBefore, caused }: NoticeSource,
): NewEvent {
  const { type, at, entitlementId = "" } = notice;
  const cause = notice.byClock === true ? null : caused;
  const sequence = cause?.entry.sequence ?? sequenceBefore;
  const { entitlements } = cause?.after ?? before;
  const { data } = buildNoticeEvent(identity, notice, entitlements, {
    entry: cause?.entry ?? null,
    sequence,
  });
  const id = deriveIdAt("evt", at, `${subjectName(identity)}/${sequence}/${type}/${entitlementId}/${at}`);
  const body = JSON.stringify({ id, type, timestamp: new Date(at).toISOString(), data });
  return { eventId: id, type, sequence, occurredAt: at, body };
}

/** Stores notices in the transaction that writes what caused them. */
export function storeNotices(
  sql: SqlStorage,
  identity: SubjectIdentity,
  notices: Notice[],
  source: NoticeSource,
): void {
  for (const notice of notices) insertEvent(sql, toNoticeEvent(identity, notice, source));
}

function insertEvent(sql: SqlStorage, event: NewEvent): void {
  sql.exec(
    // A superseded instance may have stored the same signal.
    "INSERT INTO outbound (event_id, sequence, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    event.eventId,
    event.sequence,
    JSON.stringify(event),
  );
}

/** Returns whether an event waits for the flush. */
export function hasEvents(sql: SqlStorage): boolean {
  return sql.exec("SELECT 1 FROM outbound LIMIT 1").toArray().length > 0;
}

/** Returns the oldest stored events of entries up to `sequence`. */
export function readEvents(sql: SqlStorage, sequence: number, limit: number): NewEvent[] {
  return sql
    .exec<{ event: string }>(
      "SELECT event FROM outbound WHERE sequence <= ? ORDER BY sequence, event_id LIMIT ?",
      sequence,
      limit,
    )
    .toArray()
    .map((row) => JSON.parse(row.event) as NewEvent);
}

/** Maximum number of events in one statement. A queue accepts 100 messages in one batch. */
export const maxEventsPerBatch = 100;
/**
 * Maximum size of one statement's events. D1 accepts 2 MB in one parameter, and checkout metadata can be
 * long.
 */
const maxCharactersPerBatch = 300_000;

/** Splits the events, in order, into batches that fit into one statement. */
export function toBatches(events: NewEvent[]): NewEvent[][] {
  const batches: NewEvent[][] = [];
  let characters = 0;
  for (const event of events) {
    const batch = batches.at(-1);
    characters += event.body.length;
    if (batch !== undefined && batch.length < maxEventsPerBatch && characters <= maxCharactersPerBatch) {
      batch.push(event);
    } else {
      batches.push([event]);
      characters = event.body.length;
    }
  }
  return batches;
}

/** Deletes events once D1 has confirmed them. */
export function deleteEvents(sql: SqlStorage, events: NewEvent[]): void {
  for (const { eventId } of events) sql.exec("DELETE FROM outbound WHERE event_id = ?", eventId);
}
