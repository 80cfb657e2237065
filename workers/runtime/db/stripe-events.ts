import { and, eq, inArray, lte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, optionalAudit } from "../../../shared/db/audit.ts";
import { stripeEvents } from "../../../shared/db/tables/stripe.ts";

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
    ...optionalAudit(database, audit),
  ]);
  return meta.changes > 0;
}

export type StripeEventRow = typeof stripeEvents.$inferSelect;

/** Returns the members of `eventIds` that the inbox contains. */
export async function findKnownEventIds(
  db: D1Database,
  connectionId: string,
  eventIds: string[],
): Promise<Set<string>> {
  const rows = await drizzle(db)
    .select({ eventId: stripeEvents.eventId })
    .from(stripeEvents)
    .where(
      and(
        eq(stripeEvents.connectionId, connectionId),
        sql`${stripeEvents.eventId} IN (SELECT value FROM json_each(${JSON.stringify(eventIds)}))`,
      ),
    );
  return new Set(rows.map(({ eventId }) => eventId));
}

/** A received event. Its other columns say how its processing went. */
export type NewStripeEvent = Omit<StripeEventRow, "detail" | "subjectRef" | "tries" | "settledAt">;

/** Inserts the event unless the connection already has it. Returns the row, or `null` if it is not new. */
export async function insertStripeEvent(
  db: D1Database,
  event: NewStripeEvent,
): Promise<StripeEventRow | null> {
  const row = { ...event, detail: null, subjectRef: null, tries: 0, settledAt: null };
  const { meta } = await drizzle(db).insert(stripeEvents).values(row).onConflictDoNothing().run();
  return meta.changes > 0 ? row : null;
}

const matchesEvent = ({ connectionId, eventId }: { connectionId: string; eventId: string }) =>
  and(eq(stripeEvents.connectionId, connectionId), eq(stripeEvents.eventId, eventId));

export async function readStripeEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
): Promise<StripeEventRow | null> {
  const rows = await drizzle(db).select().from(stripeEvents).where(matchesEvent(key));
  return rows[0] ?? null;
}

/** Returns rows that are still `received` and due for processing, longest overdue first. */
export async function listDueStripeEvents(
  db: D1Database,
  now: number,
  limit: number,
): Promise<{ connectionId: string; eventId: string }[]> {
  return drizzle(db)
    .select({ connectionId: stripeEvents.connectionId, eventId: stripeEvents.eventId })
    .from(stripeEvents)
    .where(and(sql`status = 'received'`, lte(stripeEvents.nextTryAt, now)))
    .orderBy(stripeEvents.nextTryAt)
    .limit(limit);
}

/**
 * Records the result of processing an event. Changes only a `received` row, so a concurrent result is not
 * overwritten.
 */
export async function recordStripeEventResult(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  result: Pick<StripeEventRow, "status" | "detail" | "subjectRef" | "nextTryAt" | "settledAt"> & {
    payload?: "";
  },
): Promise<void> {
  await drizzle(db)
    .update(stripeEvents)
    .set({ ...result, tries: sql`tries + 1` })
    .where(and(matchesEvent(key), eq(stripeEvents.status, "received")));
}

/**
 * Deletes settled events received before `before`, oldest first. Pending and failed events stay until they
 * are settled.
 */
export async function deleteSettledStripeEvents(
  db: D1Database,
  before: number,
  limit: number,
): Promise<number> {
  const old = sql`SELECT connection_id, event_id FROM stripe_events
    WHERE status IN ('applied', 'ignored') AND received_at < ${before} ORDER BY received_at LIMIT ${limit}`;
  const { meta } = await drizzle(db).run(
    sql`DELETE FROM stripe_events WHERE (connection_id, event_id) IN (${old})`,
  );
  return meta.changes;
}
