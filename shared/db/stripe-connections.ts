import { and, eq, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { projects, stripeConnections } from "./tables/configuration.ts";

/** A connection with what its project says: the region names the subjects' objects. */
export async function readConnection(db: D1Database, connectionId: string) {
  const rows = await connections(db).where(eq(stripeConnections.connectionId, connectionId));
  return rows[0] ?? null;
}

export async function readConnectionOf(db: D1Database, projectId: string, mode: Mode) {
  const rows = await connections(db).where(
    and(eq(stripeConnections.projectId, projectId), eq(stripeConnections.mode, mode)),
  );
  return rows[0] ?? null;
}

/** Connections whose event list is due to be read, longest overdue first. */
export async function connectionsToSweep(db: D1Database, now: number, limit: number) {
  return connections(db)
    .where(lte(stripeConnections.nextSweepAt, now))
    .orderBy(stripeConnections.nextSweepAt)
    .limit(limit);
}

function connections(db: D1Database) {
  return drizzle(db)
    .select({ connection: stripeConnections, region: projects.region, graceDays: projects.graceDays })
    .from(stripeConnections)
    .innerJoin(projects, eq(projects.projectId, stripeConnections.projectId));
}

export type ConnectionOfProject = NonNullable<Awaited<ReturnType<typeof readConnection>>>;

/** Notes how far the sweep came, or why it did not. */
export async function recordSweep(
  db: D1Database,
  connectionId: string,
  result: Partial<
    Pick<
      typeof stripeConnections.$inferSelect,
      "sweptTo" | "nextSweepAt" | "sweepError" | "rereadStartedAt" | "rereadAfter"
    >
  >,
): Promise<void> {
  await drizzle(db)
    .update(stripeConnections)
    .set(result)
    .where(eq(stripeConnections.connectionId, connectionId));
}
