import { desc } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { Databases } from "../../../shared/db/databases.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { stripeBackfills } from "../../../shared/db/tables/stripe-backfills.ts";
import { prepareWebhookArrivals, toWebhookSilence } from "../../../shared/db/webhook-arrivals.ts";
import { listStripeEvents } from "./stripe-events.ts";

/** Returns the id of the Stripe account, or `null` when it is unknown or Stripe is not connected. */
export async function readStripeAccountId(db: D1Database, scope: Scope): Promise<string | null> {
  const [connection] = await drizzle(db)
    .select({ stripeAccountId: stripeConnections.stripeAccountId })
    .from(stripeConnections)
    .where(inScope(stripeConnections, scope));
  return connection?.stripeAccountId ?? null;
}

export async function readStripeConnection(db: D1Database, scope: Scope) {
  const rows = await drizzle(db).select().from(stripeConnections).where(inScope(stripeConnections, scope));
  return rows[0] ?? null;
}

/** Reads the connection, its newest events and backfill, and whether its webhook is silent. */
export async function readConnectionStatus(
  { control, data: db }: Databases,
  scope: Scope,
  { now, limit }: { now: number; limit: number },
) {
  const [connection, events, backfills, arrivals] = await Promise.all([
    readStripeConnection(control, scope),
    listStripeEvents(db, scope, {}, limit),
    drizzle(db)
      .select()
      .from(stripeBackfills)
      .where(inScope(stripeBackfills, scope))
      .orderBy(desc(stripeBackfills.jobId))
      .limit(1),
    prepareWebhookArrivals(db, scope).run(),
  ]);
  return {
    connection,
    events,
    backfill: backfills[0] ?? null,
    silence: toWebhookSilence(arrivals, { webhookSetAt: connection?.webhookSetAt ?? null, now }),
  };
}
