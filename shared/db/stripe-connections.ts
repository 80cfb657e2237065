import { and, eq, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { projects, stripeConnections } from "./tables/configuration.ts";

/**
 * Returns a connection with its project's region and grace period. Subject objects are addressed by region.
 */
export async function readConnection(db: D1Database, connectionId: string) {
  const rows = await selectConnections(db).where(eq(stripeConnections.connectionId, connectionId));
  return rows[0] ?? null;
}

export async function readProjectConnection(db: D1Database, projectId: string, mode: Mode) {
  const rows = await selectConnections(db).where(
    and(eq(stripeConnections.projectId, projectId), eq(stripeConnections.mode, mode)),
  );
  return rows[0] ?? null;
}

/** Returns connections that are due for a sweep of their event list, longest overdue first. */
export async function listConnectionsToSweep(db: D1Database, now: number, limit: number) {
  return selectConnections(db)
    .where(lte(stripeConnections.nextSweepAt, now))
    .orderBy(stripeConnections.nextSweepAt)
    .limit(limit);
}

function selectConnections(db: D1Database) {
  return drizzle(db)
    .select({ connection: stripeConnections, region: projects.region, graceDays: projects.graceDays })
    .from(stripeConnections)
    .innerJoin(projects, eq(projects.projectId, stripeConnections.projectId));
}

export type ConnectionWithProject = NonNullable<Awaited<ReturnType<typeof readConnection>>>;

/** Records how far the sweep got, or why it failed. */
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
