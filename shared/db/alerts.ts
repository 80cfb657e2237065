import { and, isNull, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { inScope } from "./scope.ts";
import { alerts } from "./tables/alerts.ts";

/** Matches alerts that an operator should look at: open, and not snoozed at `now`. */
export const needsAttention = (scope: Scope, now: number) =>
  and(inScope(alerts, scope), isNull(alerts.resolvedAt), sql`coalesce(snoozed_until, 0) <= ${now}`);

/** Builds the statement that counts them, for a batch. It reads the index of open alerts only. */
export const countOpenAlerts = (database: DrizzleD1Database, scope: Scope, now: number) =>
  database.select({ open: sql<number>`count(*)` }).from(alerts).where(needsAttention(scope, now));
