import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { CheckoutAttemptStatus } from "../contract/words.ts";
import { checkoutAttempts } from "./tables/stripe.ts";

/** The order of the statuses. A late event never moves an attempt back. */
const rank: Record<CheckoutAttemptStatus, number> = { created: 0, processing: 1, failed: 2, finalized: 3 };

/** Moves the attempt forward to `status`, unless it is already there or further. Returns whether it moved. */
export async function advanceCheckoutAttempt(
  db: D1Database,
  attemptId: string,
  status: CheckoutAttemptStatus,
  now: number,
): Promise<boolean> {
  const earlier = Object.entries(rank).flatMap(([name, value]) => (value < rank[status] ? [name] : []));
  const { meta } = await drizzle(db)
    .update(checkoutAttempts)
    .set({ status, updatedAt: now })
    .where(
      and(
        eq(checkoutAttempts.attemptId, attemptId),
        sql`${checkoutAttempts.status} IN (SELECT value FROM json_each(${JSON.stringify(earlier)}))`,
      ),
    )
    .run();
  return meta.changes > 0;
}
