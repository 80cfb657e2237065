import { and, eq, inArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { entitlements, subjects } from "../../../shared/db/tables/subjects.ts";
import { termsRollouts } from "../../../shared/db/tables/terms-rollouts.ts";

/** Returns how many customers have an open subscription to the product. */
export async function countSubscribers(db: D1Database, scope: Scope, productCode: string): Promise<number> {
  const [row] = await drizzle(db)
    .select({ customers: sql<number>`count(DISTINCT ${entitlements.subjectRef})` })
    .from(entitlements)
    .where(
      and(
        inScope(entitlements, scope),
        eq(entitlements.productCode, productCode),
        eq(entitlements.kind, "subscription"),
        eq(entitlements.source, "stripe"),
        inArray(entitlements.status, ["active", "past_due", "paused"]),
      ),
    );
  return row?.customers ?? 0;
}

/** Returns how many customers the project has in this mode. */
export async function countCustomers(db: D1Database, scope: Scope): Promise<number> {
  return drizzle(db).$count(subjects, inScope(subjects, scope));
}

export type TermsRollout = typeof termsRollouts.$inferSelect;

/**
 * Returns how far the newest terms of the product have come to its subscribers; `null` if it never had any. The empty code is
 * that of the settings of signals.
 */
export async function readRollout(
  db: D1Database,
  scope: Scope,
  productCode: string,
): Promise<TermsRollout | null> {
  const rows = await drizzle(db)
    .select()
    .from(termsRollouts)
    .where(and(inScope(termsRollouts, scope), eq(termsRollouts.productCode, productCode)));
  return rows[0] ?? null;
}
