import type { CustomerKey } from "./customer-page.ts";

/** How much D1 has of a customer, in one round trip. `now` tells which checkouts can still be paid. */
export async function countRecords(
  db: D1Database,
  { projectId, mode, subjectRef }: CustomerKey,
  now: number,
) {
  const counted = await db
    .prepare(
      `SELECT
        (SELECT count(*) FROM checkout_attempts WHERE ${ofCustomer} AND status = 'created' AND (expires_at > ?4
          OR stripe_session_id IS NULL)) AS openCheckouts,
        (SELECT count(*) FROM notes WHERE ${ofCustomer}) AS notes,
        (SELECT count(*) FROM stripe_events WHERE ${ofCustomer}) AS stripeEvents,
        (SELECT count(*) FROM deliveries WHERE ${ofCustomer}) AS deliveries`,
    )
    .bind(projectId, mode, subjectRef, now)
    .first<{ openCheckouts: number; notes: number; stripeEvents: number; deliveries: number }>();
  if (counted === null) throw new Error("a count has a row");
  return counted;
}

const ofCustomer = "project_id = ?1 AND mode = ?2 AND subject_ref = ?3";
