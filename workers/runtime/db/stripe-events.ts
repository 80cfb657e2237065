import { and, eq, inArray, isNull, lte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import { type AuditEntry, optionalAudit } from "../../../shared/db/audit.ts";
import { stripeEvents } from "../../../shared/db/tables/stripe.ts";

/** Makes an event due now if it has one of the statuses `from`. Returns whether it had. */
export async function reopenStripeEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  from: ("failed" | "received")[],
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
        // A try in progress no longer decides when the next one is.
        epoch: sql`epoch + 1`,
        waitsForStripe: false,
        nextTryAt: now,
        settledAt: null,
      })
      .where(
        and(
          eq(stripeEvents.connectionId, key.connectionId),
          eq(stripeEvents.eventId, key.eventId),
          inArray(stripeEvents.status, from),
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
export type NewStripeEvent = Omit<
  StripeEventRow,
  "detail" | "subjectRef" | "tries" | "epoch" | "waitsForStripe" | "deliveredAt" | "settledAt"
>;

/**
 * Inserts the event unless the connection already has it. Returns the row, or `null` if it is not new. A
 * `nextTryAt` in the future is the inserter's claim: until then no other worker tries the event.
 */
export async function insertStripeEvent(
  db: D1Database,
  event: NewStripeEvent,
): Promise<StripeEventRow | null> {
  const unprocessed = { detail: null, subjectRef: null, tries: 0, epoch: 0, waitsForStripe: false };
  const row = { ...event, ...unprocessed, deliveredAt: null, settledAt: null };
  const { meta } = await drizzle(db).insert(stripeEvents).values(row).onConflictDoNothing().run();
  return meta.changes > 0 ? row : null;
}

/** Records that the webhook delivered an event that a sweep had found. The first delivery counts. */
export async function recordWebhookDelivery(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  deliveredAt: number,
): Promise<void> {
  await drizzle(db)
    .update(stripeEvents)
    .set({ deliveredAt })
    .where(and(matchesEvent(key), sql`found_by = 'sweep'`, isNull(stripeEvents.deliveredAt)));
}

const matchesEvent = ({ connectionId, eventId }: { connectionId: string; eventId: string }) =>
  and(eq(stripeEvents.connectionId, connectionId), eq(stripeEvents.eventId, eventId));

/**
 * Claims the event for one try, if it is `received` and due. Returns the row with this try counted, or `null`:
 * another worker has claimed it, or nothing is due. `nextTryAts` is the time of the next try by the number of
 * tries before this one. A try that never ends is followed by the next one then, so a crash uses up no more
 * of the schedule than a failure does.
 */
export async function claimStripeEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  nextTryAts: number[],
  now: number,
): Promise<StripeEventRow | null> {
  const times = JSON.stringify(nextTryAts);
  const rows = await drizzle(db)
    .update(stripeEvents)
    .set({
      epoch: sql`epoch + 1`,
      tries: sql`tries + 1`,
      nextTryAt: sql`json_extract(${times}, '$[' || min(tries, json_array_length(${times}) - 1) || ']')`,
    })
    .where(and(matchesEvent(key), sql`status = 'received'`, lte(stripeEvents.nextTryAt, now)))
    .returning();
  return rows[0] ?? null;
}

export async function readStripeEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
): Promise<StripeEventRow | null> {
  const rows = await drizzle(db).select().from(stripeEvents).where(matchesEvent(key));
  return rows[0] ?? null;
}

/**
 * Returns rows that are still `received` and due for a try, longest overdue first: those with a last try that
 * could not read from Stripe, or the others.
 */
export async function listDueStripeEvents(
  db: D1Database,
  { waitsForStripe, now, limit }: { waitsForStripe: boolean; now: number; limit: number },
): Promise<StripeRetryMessage[]> {
  return drizzle(db)
    .select({
      connectionId: stripeEvents.connectionId,
      eventId: stripeEvents.eventId,
      projectId: stripeEvents.projectId,
    })
    .from(stripeEvents)
    .where(
      and(
        sql`status = 'received'`,
        eq(stripeEvents.waitsForStripe, waitsForStripe),
        lte(stripeEvents.nextTryAt, now),
      ),
    )
    .orderBy(stripeEvents.nextTryAt)
    .limit(limit);
}

/** The event that a worker claimed: its key, and the epoch and number of the try. */
type Claim = Pick<StripeEventRow, "connectionId" | "eventId" | "epoch" | "tries">;

/**
 * Records that a try settled the event. Also counts if another worker claimed it since, because what is applied
 * is applied. A row that is settled already stays unchanged.
 */
export async function settleStripeEvent(
  db: D1Database,
  claim: Claim,
  result: Pick<StripeEventRow, "status" | "detail" | "subjectRef" | "settledAt"> & { payload?: "" },
): Promise<void> {
  await drizzle(db)
    .update(stripeEvents)
    .set({ ...result, nextTryAt: null, tries: sql`max(tries, ${claim.tries})` })
    .where(and(matchesEvent(claim), eq(stripeEvents.status, "received")));
}

/**
 * Records that a try failed, unless another worker has claimed the event since. `tries` is the number of tries
 * that count.
 */
export async function recordFailedTry(
  db: D1Database,
  claim: Claim,
  failure: Pick<StripeEventRow, "status" | "detail" | "nextTryAt" | "settledAt" | "tries" | "waitsForStripe">,
): Promise<void> {
  await drizzle(db)
    .update(stripeEvents)
    .set(failure)
    .where(
      and(matchesEvent(claim), eq(stripeEvents.status, "received"), eq(stripeEvents.epoch, claim.epoch)),
    );
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
