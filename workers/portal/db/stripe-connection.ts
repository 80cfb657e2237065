import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../../../shared/contract/enums.ts";
import { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { selectStripeEvents } from "./stripe-events.ts";

/** Returns the id of the Stripe account, or `null` when it is unknown or Stripe is not connected. */
export async function readStripeAccountId(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
): Promise<string | null> {
  const [connection] = await drizzle(db)
    .select({ stripeAccountId: stripeConnections.stripeAccountId })
    .from(stripeConnections)
    .where(and(eq(stripeConnections.projectId, projectId), eq(stripeConnections.mode, mode)));
  return connection?.stripeAccountId ?? null;
}

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
