import { dayMs } from "../../../shared/domain/entitlement.ts";
import { idFloor } from "../../../shared/kit/ids.ts";

const selectOld = (table: string, id: string) =>
  `SELECT ${id} FROM ${table} WHERE ${id} < ?1 AND created_at < ?2 ORDER BY ${id} LIMIT ?3`;

/** Deletes the counts of hours before `before`, but not the totals of hour 0. Returns how many rows were deleted. */
export async function deleteOldHourlyCounts(db: D1Database, before: number): Promise<number> {
  const { meta } = await db
    .prepare("DELETE FROM hourly_counts WHERE hour > 0 AND hour < ?1")
    .bind(before)
    .run();
  return meta.changes;
}

/**
 * Deletes rows written before `before`: attempts with their delivery, deliveries before their event, jobs,
 * and endpoints deleted earlier. Ids begin with the time of the event, so no newer row is read. A row that a
 * replay wrote recently stays. Returns how many deliveries and events were deleted.
 */
export async function deleteOldDeliveries(
  db: D1Database,
  before: number,
  limit: number,
): Promise<{ deliveries: number; events: number }> {
  const oldDeliveries = selectOld("deliveries", "delivery_id");
  const floor = idFloor("dlv", before);
  const [, deliveries, events] = await db.batch([
    db
      .prepare(`DELETE FROM delivery_attempts WHERE delivery_id IN (${oldDeliveries})`)
      .bind(floor, before, limit),
    db.prepare(`DELETE FROM deliveries WHERE delivery_id IN (${oldDeliveries})`).bind(floor, before, limit),
    db
      .prepare(
        `DELETE FROM events WHERE event_id IN (${selectOld("events", "event_id")})
           AND NOT EXISTS (SELECT 1 FROM deliveries WHERE delivery_id > 'dlv_' || substr(events.event_id, 5)
             AND delivery_id < 'dlv_' || substr(events.event_id, 5) || '~')`,
      )
      .bind(idFloor("evt", before), before, limit),
    db.prepare("DELETE FROM delivery_jobs WHERE job_id < ?1").bind(idFloor("job", before)),
    // A deleted endpoint gets no new deliveries, so its last one has been deleted by now.
    db.prepare("DELETE FROM endpoints WHERE deleted_at < ?1").bind(before - dayMs),
  ]);
  return { deliveries: deliveries?.meta.changes ?? 0, events: events?.meta.changes ?? 0 };
}

/**
 * Deletes jobs older than `before`: ids begin with the time the form was rendered. Returns how many were
 * deleted.
 */
export async function deleteOldSubjectJobs(db: D1Database, before: number): Promise<number> {
  const { meta } = await db
    .prepare("DELETE FROM subject_jobs WHERE job_id < ?1")
    .bind(idFloor("job", before))
    .run();
  return meta.changes;
}

/** Deletes bulk jobs older than `before` with their rows. Returns how many jobs were deleted. */
export async function deleteOldBulkJobs(db: D1Database, before: number, limit: number): Promise<number> {
  const old = "SELECT job_id FROM bulk_jobs WHERE job_id < ?1 ORDER BY job_id LIMIT ?2";
  const floor = idFloor("job", before);
  const [, jobs] = await db.batch([
    db.prepare(`DELETE FROM bulk_job_rows WHERE job_id IN (${old})`).bind(floor, limit),
    db.prepare(`DELETE FROM bulk_jobs WHERE job_id IN (${old})`).bind(floor, limit),
  ]);
  return jobs?.meta.changes ?? 0;
}

/**
 * Deletes messages that were written before `messagesBefore`, and alerts that were closed before `alertsBefore`.
 * Returns how many were deleted.
 */
export async function deleteOldAlerts(
  db: D1Database,
  { messagesBefore, alertsBefore }: { messagesBefore: number; alertsBefore: number },
  limit: number,
): Promise<number> {
  const results = await db.batch([
    db
      .prepare(
        `DELETE FROM alert_messages WHERE message_id IN
           (SELECT message_id FROM alert_messages WHERE created_at < ?1 LIMIT ?2)`,
      )
      .bind(messagesBefore, limit),
    db
      .prepare(
        `DELETE FROM alerts WHERE alert_id IN (SELECT alert_id FROM alerts
           WHERE resolved_at IS NOT NULL AND resolved_at < ?1 LIMIT ?2)`,
      )
      .bind(alertsBefore, limit),
  ]);
  return results.reduce((sum, { meta }) => sum + meta.changes, 0);
}
