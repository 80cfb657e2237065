import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { selectStripeEvents } from "./stripe-events.ts";

/** Returns the id of the Stripe account, or `null` when it is unknown or Stripe is not connected. */
export async function readStripeAccountId(db: D1Database, scope: Scope): Promise<string | null> {
  const [connection] = await drizzle(db)
    .select({ stripeAccountId: stripeConnections.stripeAccountId })
    .from(stripeConnections)
    .where(inScope(stripeConnections, scope));
  return connection?.stripeAccountId ?? null;
}

/** Reads the connection and its newest events, in one round trip. */
export async function readConnectionAndEvents(db: D1Database, scope: Scope, limit: number) {
  const database = drizzle(db);
  const [connections, events] = await database.batch([
    database.select().from(stripeConnections).where(inScope(stripeConnections, scope)),
    selectStripeEvents(database, scope, {}, limit),
  ]);
  return { connection: connections[0] ?? null, events };
}
