import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { inScope } from "./scope.ts";
import { endpoints } from "./tables/webhooks.ts";

export const matchesEndpoint = (scope: Scope, endpointId: string) =>
  and(eq(endpoints.endpointId, endpointId), inScope(endpoints, scope), isNull(endpoints.deletedAt));

export type EndpointRow = typeof endpoints.$inferSelect;

/** Returns the endpoint, or `null` when it is deleted, unknown, or in another project or mode. */
export async function readEndpoint(
  db: D1Database,
  scope: Scope,
  endpointId: string,
): Promise<EndpointRow | null> {
  const rows = await drizzle(db).select().from(endpoints).where(matchesEndpoint(scope, endpointId));
  return rows[0] ?? null;
}
