/**
 * The earliest moment at which a row says that somebody has to come back to it, in milliseconds since 1970; `null` when
 * none does. What waits for an endpoint that is off or deleted is not due; nor are reviews of silent subscriptions, which
 * come back again and again for as long as Stripe has nothing new.
 */
export async function nextDue(db: D1Database): Promise<number | null> {
  return db.prepare(earliest).first<number | null>("at");
}

const earliest = `
  SELECT min(at) AS at FROM (
    SELECT min(next_expiry_at) AS at FROM subjects WHERE next_expiry_at IS NOT NULL
    UNION ALL SELECT min(next_try_at) FROM stripe_events WHERE status = 'received'
    UNION ALL SELECT min((SELECT min(next_attempt_at) FROM deliveries WHERE deliveries.endpoint_id = endpoints.endpoint_id))
      FROM endpoints WHERE is_enabled = 1 AND deleted_at IS NULL
  )`;
