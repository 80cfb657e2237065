import type { CustomerKey } from "./customer-page.ts";

/**
 * Counts the D1 records of a customer, in one round trip. `now` decides which checkouts can still be paid.
 */
export async function countCustomerRecords(
  db: D1Database,
  { projectId, mode, subjectRef }: CustomerKey,
  now: number,
) {
  const counts = await db
    .prepare(
      `SELECT
        (SELECT count(*) FROM checkout_attempts WHERE ${matchesCustomer} AND status = 'created' AND (expires_at > ?4
          OR stripe_session_id IS NULL)) AS openCheckouts,
        (SELECT count(*) FROM notes WHERE ${matchesCustomer}) AS notes,
        (SELECT count(*) FROM stripe_events WHERE ${matchesCustomer}) AS stripeEvents,
        (SELECT count(*) FROM deliveries WHERE ${matchesCustomer}) AS deliveries`,
    )
    .bind(projectId, mode, subjectRef, now)
    .first<{ openCheckouts: number; notes: number; stripeEvents: number; deliveries: number }>();
  if (counts === null) throw new Error("the count returned no row");
  return counts;
}

const matchesCustomer = "project_id = ?1 AND mode = ?2 AND subject_ref = ?3";
