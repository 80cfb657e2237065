/**
 * Returns the earliest time at which a row is due for a sweep, in milliseconds since 1970, or `null` when no
 * row is scheduled. Deliveries to a disabled or deleted endpoint are not due. Reviews of silent subscriptions
 * do not count, because they recur for as long as Stripe reports nothing new.
 */
export async function findNextDueTime(db: D1Database): Promise<number | null> {
  return db.prepare(selectEarliest).first<number | null>("at");
}

const selectEarliest = `
  SELECT min(at) AS at FROM (
    SELECT min(next_expiry_at) AS at FROM subjects WHERE next_expiry_at IS NOT NULL
    UNION ALL SELECT min(next_try_at) FROM stripe_events WHERE status = 'received'
    UNION ALL SELECT min((SELECT min(next_attempt_at) FROM deliveries WHERE deliveries.endpoint_id = endpoints.endpoint_id))
      FROM endpoints WHERE is_enabled = 1 AND deleted_at IS NULL
  )`;
