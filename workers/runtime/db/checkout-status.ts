import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { checkoutAttempts } from "../../../shared/db/tables/stripe.ts";
import type { CheckoutAttemptRow } from "./checkout-attempts.ts";

/** Returns the attempt of the scope with this id, or `null`. */
export async function readAttempt(
  db: D1Database,
  scope: Scope,
  attemptId: string,
): Promise<CheckoutAttemptRow | null> {
  const rows = await drizzle(db)
    .select()
    .from(checkoutAttempts)
    .where(and(inScope(checkoutAttempts, scope), eq(checkoutAttempts.attemptId, attemptId)));
  return rows[0] ?? null;
}
