import type { Mode } from "../contract/enums.ts";
import { type OutboundEventType, signalTypes } from "../contract/outbound-event.ts";
import { type AuditEntry, auditIfChangedRaw } from "./audit.ts";

/** A row of `events` to insert. `body` is signed and sent byte for byte. */
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

/**
 * The queue message for one delivery. The D1 row is authoritative: the message only triggers a check of the
 * row.
 */
export interface DeliveryMessage {
  deliveryId: string;
  epoch: number;
  /** Names the database of the row. A message of an earlier release lacks it, and is of the first database. */
  projectId?: string;
}

// The delivery id is derived from event and endpoint, so that writing a delivery twice stores one row. Eight
// base-32 characters (40 random bits) of the endpoint id distinguish a project's few endpoints.
export const deliveryIdSql = "'dlv_' || substr(events.event_id, 5) || substr(endpoints.endpoint_id, -8)";

const insertEventRows = `
  INSERT INTO events (event_id, project_id, mode, subject_ref, sequence, type, occurred_at, body, created_at)
  SELECT value ->> 'eventId', ?1, ?2, ?3, value ->> 'sequence', value ->> 'type', value ->> 'occurredAt',
    value ->> 'body', ?5
  FROM json_each(?4) WHERE value ->> 'type' NOT IN (${signalTypes.map((type) => `'${type}'`).join(", ")})
    OR EXISTS (SELECT 1 FROM endpoints, json_each(endpoints.event_types) AS wanted WHERE endpoints.project_id = ?1
      AND endpoints.mode = ?2 AND endpoints.deleted_at IS NULL AND wanted.value = json_each.value ->> 'type')
  ON CONFLICT DO NOTHING`;

const buildDeliveryInsert = (endpointCondition: string) => `
  INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, subject_ref, event_type, state,
    next_attempt_at, created_at, updated_at)
  SELECT ${deliveryIdSql}, events.event_id, endpoints.endpoint_id, ?1, ?2, events.subject_ref, events.type,
    'pending', ?4, ?4, ?4
  FROM events JOIN endpoints ON endpoints.project_id = ?1 AND endpoints.mode = ?2
    AND endpoints.deleted_at IS NULL
  WHERE events.event_id IN (SELECT value ->> 'eventId' FROM json_each(?3)) AND ${endpointCondition}
  ON CONFLICT DO NOTHING RETURNING delivery_id AS deliveryId, epoch, project_id AS projectId`;

const subscribesToType = "EXISTS (SELECT 1 FROM json_each(endpoints.event_types) WHERE value = events.type)";

/**
 * Builds the statements that write events and one delivery for each endpoint that subscribes to the type.
 * Disabled endpoints get deliveries too, which wait until the endpoint is enabled. Both statements belong in
 * one batch; the second returns the messages to enqueue.
 */
export function buildEventStatements(
  db: D1Database,
  owner: EventOwner,
  events: NewEvent[],
  now: number,
): [D1PreparedStatement, D1PreparedStatement] {
  const { projectId, mode, subjectRef } = owner;
  const list = JSON.stringify(events);
  return [
    db.prepare(insertEventRows).bind(projectId, mode, subjectRef, list, now),
    db.prepare(buildDeliveryInsert(subscribesToType)).bind(projectId, mode, list, now),
  ];
}

/** Inserts events with their deliveries, in one transaction. Returns messages for the new deliveries. */
export async function insertEvents(
  db: D1Database,
  owner: EventOwner,
  events: NewEvent[],
  now: number,
): Promise<DeliveryMessage[]> {
  const [, inserted] = await db.batch<DeliveryMessage>(buildEventStatements(db, owner, events, now));
  return inserted?.results ?? [];
}

/**
 * Inserts events without deliveries, for a replay, which creates its own. Retention counts from `writtenAt`.
 */
export async function restoreEvents(
  db: D1Database,
  { projectId, mode, subjectRef }: EventOwner,
  events: NewEvent[],
  writtenAt: number,
): Promise<void> {
  await db
    .prepare(insertEventRows)
    .bind(projectId, mode, subjectRef, JSON.stringify(events), writtenAt)
    .run();
}

/** Inserts one event with a delivery to one endpoint, regardless of the endpoint's subscriptions. */
export async function insertEventForEndpoint(
  db: D1Database,
  endpointId: string,
  owner: EventOwner,
  event: NewEvent,
  audit: AuditEntry,
): Promise<DeliveryMessage | null> {
  const { projectId, mode, subjectRef } = owner;
  const list = JSON.stringify([event]);
  const now = audit.at;
  const [, inserted] = await db.batch<DeliveryMessage>([
    db.prepare(insertEventRows).bind(projectId, mode, subjectRef, list, now),
    db
      .prepare(buildDeliveryInsert("endpoints.endpoint_id = ?5"))
      .bind(projectId, mode, list, now, endpointId),
    auditIfChangedRaw(db, audit),
  ]);
  return inserted?.results[0] ?? null;
}
