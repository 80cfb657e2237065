import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../../../shared/contract/enums.ts";
import { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { selectStripeEvents } from "./stripe-events.ts";

/** Reads the connection and its newest events, in one round trip. */
export async function readConnectionAndEvents(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  limit: number,
) {
  const database = drizzle(db);
  const [connections, events] = await database.batch([
    database
      .select()
      .from(stripeConnections)
      .where(and(eq(stripeConnections.projectId, projectId), eq(stripeConnections.mode, mode))),
    selectStripeEvents(database, { projectId, mode }, {}, limit),
  ]);
  return { connection: connections[0] ?? null, events };
}
