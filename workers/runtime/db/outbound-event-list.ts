import { and, desc, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { events } from "../../../shared/db/tables/webhooks.ts";

/** Returns the bodies of the scope's events before the event `before`, newest first. Ids begin with the event's time. */
export async function listEventBodies(
  db: D1Database,
  scope: Scope,
  before: string | undefined,
  limit: number,
): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ body: events.body })
    .from(events)
    .where(and(inScope(events, scope), before === undefined ? undefined : lt(events.eventId, before)))
    .orderBy(desc(events.eventId))
    .limit(limit);
  return rows.map(({ body }) => body);
}
