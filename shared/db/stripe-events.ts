import { and, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { InboxStatus, Mode } from "../contract/words.ts";
import { type AuditEntry, auditIfChanged } from "./audit.ts";
import { stripeConnections } from "./tables/configuration.ts";
import { stripeEvents } from "./tables/stripe.ts";

interface Place {
  projectId: string;
  mode: Mode;
}

const ofPlace = ({ projectId, mode }: Place) =>
  and(eq(stripeEvents.projectId, projectId), eq(stripeEvents.mode, mode));

export interface EventFilter {
  status?: InboxStatus;
  type?: string;
  subjectRef?: string;
  /** Where the page before ended. */
  before?: { receivedAt: number; eventId: string };
}

const listColumns = {
  connectionId: stripeEvents.connectionId,
  eventId: stripeEvents.eventId,
  type: stripeEvents.type,
  status: stripeEvents.status,
  detail: stripeEvents.detail,
  subjectRef: stripeEvents.subjectRef,
  tries: stripeEvents.tries,
  receivedAt: stripeEvents.receivedAt,
};

/** A page of the inbox, newest first, without payloads. */
export async function listEvents(db: D1Database, place: Place, filter: EventFilter, limit: number) {
  return eventList(drizzle(db), place, filter, limit);
}

/** The same as a statement, for a batch. */
export function eventList(database: DrizzleD1Database, place: Place, filter: EventFilter, limit: number) {
  const { status, type, subjectRef, before } = filter;
  return database
    .select(listColumns)
    .from(stripeEvents)
    .where(
      and(
        ofPlace(place),
        status === undefined ? undefined : eq(stripeEvents.status, status),
        type === undefined ? undefined : eq(stripeEvents.type, type),
        subjectRef === undefined ? undefined : eq(stripeEvents.subjectRef, subjectRef),
        before === undefined
          ? undefined
          : or(
              lt(stripeEvents.receivedAt, before.receivedAt),
              and(eq(stripeEvents.receivedAt, before.receivedAt), lt(stripeEvents.eventId, before.eventId)),
            ),
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.eventId))
    .limit(limit);
}

export type EventInList = Awaited<ReturnType<typeof listEvents>>[number];

/** One event with its payload, by Stripe's id. */
export async function readEventOf(db: D1Database, place: Place, eventId: string) {
  const database = drizzle(db);
  // By its connection, which the primary key begins with: an index by project would be read from end to end.
  const connections = database
    .select({ connectionId: stripeConnections.connectionId })
    .from(stripeConnections)
    .where(and(eq(stripeConnections.projectId, place.projectId), eq(stripeConnections.mode, place.mode)));
  const rows = await database
    .select()
    .from(stripeEvents)
    .where(and(inArray(stripeEvents.connectionId, connections), eq(stripeEvents.eventId, eventId)));
  return rows[0] ?? null;
}

/** Makes an event that failed, or still waits, due now. Returns whether it was one of those. */
export async function reopenEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  now: number,
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(stripeEvents)
      // The tries start anew: what failed for good gets the whole schedule again.
      .set({
        status: "received",
        tries: sql`CASE status WHEN 'failed' THEN 0 ELSE tries END`,
        nextTryAt: now,
        settledAt: null,
      })
      .where(
        and(
          eq(stripeEvents.connectionId, key.connectionId),
          eq(stripeEvents.eventId, key.eventId),
          inArray(stripeEvents.status, ["failed", "received"]),
        ),
      ),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
  return meta.changes > 0;
}
