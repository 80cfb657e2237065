import { type CustomerSummary, segmentAt } from "../../../shared/domain/customer-summary.ts";

/** Whether a checkout of the row of `subjects` waits for its payment. Reads the attempts of one customer. */
export const isAwaitingPaymentSql = `EXISTS (SELECT 1 FROM checkout_attempts AS attempt
  WHERE attempt.project_id = subjects.project_id AND attempt.mode = subjects.mode
  AND attempt.subject_ref = subjects.subject_ref AND attempt.status = 'processing')`;

/** The columns of `subjects` that hold the summary. */
export function toSummaryColumns(
  { segments, unitsLeft, paid, endsAt, renews }: CustomerSummary,
  now: number,
) {
  const current = segmentAt(segments, now);
  return {
    access: current?.access ?? "denied",
    attention: current?.attention ?? null,
    accessSchedule: JSON.stringify(segments),
    accessChangesAt: segments.find(({ from }) => from > now)?.from ?? null,
    unitsLeft,
    paid: JSON.stringify(paid),
    paidAmount: paid[0]?.amount ?? null,
    endsAt,
    renews: renews ? 1 : 0,
  };
}

const moveAccess = `
  UPDATE subjects SET
    access = (SELECT value ->> 'access' FROM json_each(access_schedule) WHERE value ->> 'from' <= ?1
      ORDER BY value ->> 'from' DESC LIMIT 1),
    attention = (SELECT value ->> 'attention' FROM json_each(access_schedule) WHERE value ->> 'from' <= ?1
      ORDER BY value ->> 'from' DESC LIMIT 1),
    access_changes_at = (SELECT min(value ->> 'from') FROM json_each(access_schedule) WHERE value ->> 'from' > ?1)
  WHERE (project_id, mode, subject_ref) IN (
    SELECT project_id, mode, subject_ref FROM subjects
    WHERE access_changes_at IS NOT NULL AND access_changes_at <= ?1 ORDER BY access_changes_at LIMIT ?2)
  RETURNING 1`;

/**
 * Moves the access of customers along its schedule to `now`. Safe to repeat and to overlap with itself and with flushes:
 * each row follows its own schedule. Returns the number of customers that were due, at most `limit`.
 */
export async function moveAccessAlong(db: D1Database, now: number, limit: number): Promise<number> {
  // Counted by what it returns: `meta.changes` includes the rows that the counting trigger writes.
  const { results } = await db.prepare(moveAccess).bind(now, limit).all();
  return results.length;
}
