import type { OutboundEventType } from "../contract/outbound-event.ts";
import type { Mode } from "../contract/words.ts";
import { type AuditEntry, auditIfChangedRaw } from "./audit.ts";

/** A row of `events` as its writer has it; `body` is what will be signed and sent. */
export interface NewEvent {
  eventId: string;
  type: OutboundEventType | "endpoint.test";
  sequence: number | null;
  occurredAt: number;
  body: string;
}

export interface EventOwner {
  projectId: string;
  mode: Mode;
  /** `null` for a test event. */
  subjectRef: string | null;
}

/** A wake-up for one delivery: the row is the truth, the message only says that it is worth a look. */
export interface DeliveryWakeUp {
  deliveryId: string;
  epoch: number;
}

// The id of a delivery is a function of event and endpoint, so that writing it twice makes one row. Eight base-32
// characters (40 random bits) of the endpoint tell a project's few endpoints apart.
export const deliveryIdOfPair = "'dlv_' || substr(events.event_id, 5) || substr(endpoints.endpoint_id, -8)";

const insertEvents = `
  INSERT INTO events (event_id, project_id, mode, subject_ref, sequence, type, occurred_at, body, created_at)
  SELECT value ->> 'eventId', ?1, ?2, ?3, value ->> 'sequence', value ->> 'type', value ->> 'occurredAt',
    value ->> 'body', ?5
  FROM json_each(?4) WHERE true ON CONFLICT DO NOTHING`;

const insertDeliveries = (endpoint: string) => `
  INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, subject_ref, event_type, state,
    next_attempt_at, created_at, updated_at)
  SELECT ${deliveryIdOfPair}, events.event_id, endpoints.endpoint_id, ?1, ?2, events.subject_ref, events.type, 'pending',
    ?4, ?4, ?4
  FROM events JOIN endpoints ON endpoints.project_id = ?1 AND endpoints.mode = ?2 AND endpoints.deleted_at IS NULL
  WHERE events.event_id IN (SELECT value ->> 'eventId' FROM json_each(?3)) AND ${endpoint}
  ON CONFLICT DO NOTHING RETURNING delivery_id AS deliveryId, epoch`;

const asksForType = "EXISTS (SELECT 1 FROM json_each(endpoints.event_types) WHERE value = events.type)";

/**
 * The statements that write events and one delivery for each endpoint that asks for the type, disabled ones too: what
 * they miss is kept for them. To be part of one batch; the second one's rows are the wake-ups that are worth sending.
 */
export function writeEvents(
  db: D1Database,
  owner: EventOwner,
  events: NewEvent[],
  now: number,
): [D1PreparedStatement, D1PreparedStatement] {
  const { projectId, mode, subjectRef } = owner;
  const list = JSON.stringify(events);
  return [
    db.prepare(insertEvents).bind(projectId, mode, subjectRef, list, now),
    db.prepare(insertDeliveries(asksForType)).bind(projectId, mode, list, now),
  ];
}

/** Events by themselves, in one transaction. Returns the deliveries that are new. */
export async function insertEventsOf(
  db: D1Database,
  owner: EventOwner,
  events: NewEvent[],
  now: number,
): Promise<DeliveryWakeUp[]> {
  const [, inserted] = await db.batch<DeliveryWakeUp>(writeEvents(db, owner, events, now));
  return inserted?.results ?? [];
}

/** Events without deliveries: for a replay, which makes those of its endpoint. `writtenAt` counts for how long they are kept. */
export async function restoreEvents(
  db: D1Database,
  { projectId, mode, subjectRef }: EventOwner,
  events: NewEvent[],
  writtenAt: number,
): Promise<void> {
  await db.prepare(insertEvents).bind(projectId, mode, subjectRef, JSON.stringify(events), writtenAt).run();
}

/** One event for one endpoint, whatever that asks for, at an operator's wish. */
export async function writeEventFor(
  db: D1Database,
  endpointId: string,
  owner: EventOwner,
  event: NewEvent,
  audit: AuditEntry,
): Promise<DeliveryWakeUp | null> {
  const { projectId, mode, subjectRef } = owner;
  const list = JSON.stringify([event]);
  const now = audit.at;
  const [, inserted] = await db.batch<DeliveryWakeUp>([
    db.prepare(insertEvents).bind(projectId, mode, subjectRef, list, now),
    db.prepare(insertDeliveries("endpoints.endpoint_id = ?5")).bind(projectId, mode, list, now, endpointId),
    auditIfChangedRaw(db, audit),
  ]);
  return inserted?.results[0] ?? null;
}
