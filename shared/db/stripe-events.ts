import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { connectionIdOf } from "../kit/ids.ts";
import { inScope } from "./scope.ts";
import { stripeEvents } from "./tables/stripe.ts";

/** Returns one event with its payload, by Stripe's event id. */
export async function findStripeEvent(db: D1Database, scope: Scope, eventId: string) {
  const rows = await drizzle(db)
    .select()
    .from(stripeEvents)
    .where(
      and(
        // The primary key begins with it. An index by project would be read in full.
        eq(stripeEvents.connectionId, connectionIdOf(scope)),
        eq(stripeEvents.eventId, eventId),
        inScope(stripeEvents, scope),
      ),
    );
  return rows[0] ?? null;
}
