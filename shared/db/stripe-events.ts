import { and, desc, eq, inArray, lt, or, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import type { InboxStatus } from "../contract/words.ts";
import { type AuditEntry, auditIfChanged } from "./audit.ts";
import { stripeConnections } from "./tables/configuration.ts";
import { stripeEvents } from "./tables/stripe.ts";

const inScope = ({ projectId, mode }: Scope) =>
  and(eq(stripeEvents.projectId, projectId), eq(stripeEvents.mode, mode));

export interface StripeEventFilter {
  status?: InboxStatus;
  type?: string;
  subjectRef?: string;
  /** The last event of the previous page. */
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

/** Returns a page of the inbox, newest first, without payloads. */
export async function listStripeEvents(
  db: D1Database,
  scope: Scope,
  filter: StripeEventFilter,
  limit: number,
) {
  return selectStripeEvents(drizzle(db), scope, filter, limit);
}

/** Builds the statement of `listEvents`, for a batch. */
export function selectStripeEvents(
  database: DrizzleD1Database,
  scope: Scope,
  filter: StripeEventFilter,
  limit: number,
) {
  const { status, type, subjectRef, before } = filter;
  return database
    .select(listColumns)
    .from(stripeEvents)
    .where(
      and(
        inScope(scope),
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

export type StripeEventListItem = Awaited<ReturnType<typeof listStripeEvents>>[number];

/** Returns one event with its payload, by Stripe's event id. */
export async function findStripeEvent(db: D1Database, scope: Scope, eventId: string) {
  const database = drizzle(db);
  // Looks up the connection first, because the primary key begins with it: an index by project would be read
  // in full.
  const connections = database
    .select({ connectionId: stripeConnections.connectionId })
    .from(stripeConnections)
    .where(and(eq(stripeConnections.projectId, scope.projectId), eq(stripeConnections.mode, scope.mode)));
  const rows = await database
    .select()
    .from(stripeEvents)
    .where(and(inArray(stripeEvents.connectionId, connections), eq(stripeEvents.eventId, eventId)));
  return rows[0] ?? null;
}

/**
 * Makes an event that failed or is still pending due now. Returns whether the event was in one of those
 * states.
 */
export async function reopenStripeEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  now: number,
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(stripeEvents)
      // A failed event used up its schedule, so it gets the whole schedule again.
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
