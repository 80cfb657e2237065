/** The tables of sign-in with rows that end, their key, and the clock that stamps the end. */
const ending = [
  { table: "sign_in_throttles", key: "name", end: "window_ends_at", clock: "stack" },
  { table: "sign_in_resets", key: "operator_id", end: "expires_at", clock: "stack" },
  { table: "sign_in_verifications", key: "verification_id", end: "expires_at", clock: "machine" },
  { table: "operator_sessions", key: "session_id", end: "expires_at", clock: "machine" },
] as const;

/**
 * Deletes counters, reset links, challenges and sessions that have ended, at most `limit` per table. Returns
 * how many. better-auth stamps challenges and sessions with the machine's clock. `now` is by the stack's
 * clock.
 */
export async function deleteEndedSignIns(db: D1Database, now: number, limit: number): Promise<number> {
  const results = await db.batch(
    ending.map(({ table, key, end, clock }) =>
      db
        .prepare(
          `DELETE FROM ${table} WHERE ${key} IN
             (SELECT ${key} FROM ${table} WHERE ${end} <= ?1 ORDER BY ${end} LIMIT ?2)`,
        )
        .bind(clock === "stack" ? now : Date.now(), limit),
    ),
  );
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}
