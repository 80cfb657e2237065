import { and, eq, inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { inScope } from "./scope.ts";
import { stripeConnections } from "./tables/configuration.ts";
import { stripeEvents } from "./tables/stripe.ts";

/** Returns one event with its payload, by Stripe's event id. */
export async function findStripeEvent(db: D1Database, scope: Scope, eventId: string) {
  const database = drizzle(db);
  // Looks up the connection first, because the primary key begins with it: an index by project would be read
  // in full.
  const connections = database
    .select({ connectionId: stripeConnections.connectionId })
    .from(stripeConnections)
    .where(inScope(stripeConnections, scope));
  const rows = await database
    .select()
    .from(stripeEvents)
    .where(and(inArray(stripeEvents.connectionId, connections), eq(stripeEvents.eventId, eventId)));
  return rows[0] ?? null;
}
