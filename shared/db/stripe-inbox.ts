import { and, eq, lte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { projects, stripeConnections } from "./tables/configuration.ts";
import { stripeEvents, stripeObjects } from "./tables/stripe.ts";
import { subjects } from "./tables/subjects.ts";

export type InboxRow = typeof stripeEvents.$inferSelect;

/** A connection with the region of its project, which names the subjects' objects. */
export async function readConnection(db: D1Database, connectionId: string) {
  const rows = await drizzle(db)
    .select({ connection: stripeConnections, region: projects.region })
    .from(stripeConnections)
    .innerJoin(projects, eq(projects.projectId, stripeConnections.projectId))
    .where(eq(stripeConnections.connectionId, connectionId));
  return rows[0] ?? null;
}

export type ConnectionWithRegion = NonNullable<Awaited<ReturnType<typeof readConnection>>>;

/** Stores the event unless the connection has it already. Returns whether it is new. */
export async function insertEvent(db: D1Database, row: typeof stripeEvents.$inferInsert): Promise<boolean> {
  const { meta } = await drizzle(db).insert(stripeEvents).values(row).onConflictDoNothing().run();
  return meta.changes > 0;
}

const ofEvent = ({ connectionId, eventId }: { connectionId: string; eventId: string }) =>
  and(eq(stripeEvents.connectionId, connectionId), eq(stripeEvents.eventId, eventId));

export async function readEvent(
  db: D1Database,
  key: { connectionId: string; eventId: string },
): Promise<InboxRow | null> {
  const rows = await drizzle(db).select().from(stripeEvents).where(ofEvent(key));
  return rows[0] ?? null;
}

/** Rows that are still `received` and due for a try, oldest first. */
export async function dueEvents(
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

/** Records what a try came to. Only rows that are still open change: a try that was overtaken says nothing. */
export async function recordTry(
  db: D1Database,
  key: { connectionId: string; eventId: string },
  result: Pick<InboxRow, "status" | "detail" | "subjectRef" | "nextTryAt" | "settledAt">,
): Promise<void> {
  await drizzle(db)
    .update(stripeEvents)
    .set({ ...result, tries: sql`tries + 1` })
    .where(and(ofEvent(key), eq(stripeEvents.status, "received")));
}

/** Remembers whose Stripe's objects are, and the customer that the subject's next checkout uses again. */
export async function rememberObjects(
  db: D1Database,
  connection: { connectionId: string; projectId: string; mode: "test" | "live" },
  owner: { subjectRef: string; attemptId: string; customerId: string | null },
  stripeIds: string[],
  now: number,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .insert(stripeObjects)
      .values(
        stripeIds.map((stripeId) => ({
          connectionId: connection.connectionId,
          stripeId,
          subjectRef: owner.subjectRef,
          attemptId: owner.attemptId,
          createdAt: now,
        })),
      )
      .onConflictDoNothing(),
    database
      .update(subjects)
      .set({ stripeCustomerId: sql`coalesce(${owner.customerId}, stripe_customer_id)` })
      .where(
        and(
          eq(subjects.projectId, connection.projectId),
          eq(subjects.mode, connection.mode),
          eq(subjects.subjectRef, owner.subjectRef),
        ),
      ),
  ]);
}
