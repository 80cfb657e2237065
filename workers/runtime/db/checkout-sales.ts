import type { CheckoutAttemptRow } from "./checkout-attempts.ts";

/**
 * The sale of a checkout attempt that has stored no session. The id table has every session that is a sale,
 * with its attempt, so the first one that is inserted there is the sale, and no other.
 */
type Attempt = Pick<CheckoutAttemptRow, "attemptId" | "connectionId" | "subjectRef">;

/** The session of the attempt `?3` in the id table. The index by subject finds it. */
const selectSale = `
  SELECT stripe_id FROM stripe_objects
  WHERE connection_id = ?1 AND subject_ref = ?2 AND attempt_id = ?3 AND stripe_id GLOB 'cs_*'`;

/** Returns the session that is the attempt's sale, if it is another one than `sessionId`. */
export async function findOtherSale(
  db: D1Database,
  { connectionId, subjectRef, attemptId }: Attempt,
  sessionId: string,
): Promise<string | null> {
  return db
    .prepare(`${selectSale} ORDER BY stripe_id = ?4 DESC LIMIT 1`)
    .bind(connectionId, subjectRef, attemptId, sessionId)
    .first<string>("stripe_id")
    .then((sale) => (sale === sessionId ? null : sale));
}

/**
 * Makes the paid session the attempt's sale unless there is one, in one transaction. Returns the sale. The
 * attempt becomes `processing`, so that a request that is still creating its session does not store it.
 */
export async function claimSaleOfAttempt(
  db: D1Database,
  { connectionId, subjectRef, attemptId }: Attempt,
  sessionId: string,
  now: number,
): Promise<string> {
  const [, , sale] = await db.batch<{ stripe_id: string }>([
    db
      .prepare(
        `INSERT INTO stripe_objects (connection_id, stripe_id, subject_ref, attempt_id, created_at)
         SELECT ?1, ?4, ?2, ?3, ?5 FROM checkout_attempts
         WHERE checkout_attempts.attempt_id = ?3 AND stripe_session_id IS NULL AND NOT EXISTS (${selectSale})
         ON CONFLICT DO NOTHING`,
      )
      .bind(connectionId, subjectRef, attemptId, sessionId, now),
    db
      .prepare(
        `UPDATE checkout_attempts SET status = 'processing', updated_at = ?5
         WHERE attempt_id = ?3 AND status IN ('created', 'failed')
           AND EXISTS (${selectSale} AND stripe_id = ?4)`,
      )
      .bind(connectionId, subjectRef, attemptId, sessionId, now),
    db
      .prepare(`${selectSale} ORDER BY stripe_id = ?4 DESC LIMIT 1`)
      .bind(connectionId, subjectRef, attemptId, sessionId),
  ]);
  const [found] = sale?.results ?? [];
  // The customer was erased, or the session belongs to another subject: the grant is refused next.
  return found?.stripe_id ?? sessionId;
}
