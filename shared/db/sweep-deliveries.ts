import { dayMs } from "../domain/entitlement.ts";
import { idFloor } from "../kit/ids.ts";
import { maxConcurrentAttempts } from "./claim-delivery.ts";
import type { DeliveryMessage } from "./write-events.ts";

// Reads endpoint by endpoint, so that the backlog of a disabled endpoint, however large, is never read.
const selectDueByEndpoint = `
  SELECT delivery_id AS deliveryId, epoch FROM endpoints JOIN deliveries ON deliveries.delivery_id IN (
    SELECT due.delivery_id FROM deliveries AS due
    WHERE due.endpoint_id = endpoints.endpoint_id AND due.next_attempt_at <= ?1
    ORDER BY due.next_attempt_at LIMIT ${maxConcurrentAttempts})
  WHERE endpoints.is_enabled = 1 AND endpoints.deleted_at IS NULL AND coalesce(paused_until, 0) <= ?1
    AND endpoints.endpoint_id = coalesce(?3, endpoints.endpoint_id)
  LIMIT ?2`;

/**
 * Returns due deliveries without an attempt in progress: a few per endpoint, because a lane continues with
 * the next one. Covers all endpoints that accept attempts, or only `endpointId`.
 */
export async function listDueDeliveries(
  db: D1Database,
  now: number,
  limit: number,
  endpointId: string | null = null,
): Promise<DeliveryMessage[]> {
  const { results } = await db
    .prepare(selectDueByEndpoint)
    .bind(now, limit, endpointId)
    .all<DeliveryMessage>();
  return results;
}

const endOrphaned = `
  UPDATE deliveries SET state = 'dead', next_attempt_at = NULL, lease_until = NULL, lease_id = NULL,
    epoch = epoch + 1, updated_at = ?1
  WHERE delivery_id IN (
    SELECT deliveries.delivery_id FROM endpoints JOIN deliveries USING (endpoint_id)
    WHERE deleted_at IS NOT NULL AND next_attempt_at IS NOT NULL AND coalesce(lease_until, 0) <= ?1 LIMIT ?2)`;

/** Ends the waiting deliveries of deleted endpoints. Returns how many were ended. */
export async function endDeliveriesOfDeletedEndpoints(
  db: D1Database,
  now: number,
  limit: number,
): Promise<number> {
  const { meta } = await db.prepare(endOrphaned).bind(now, limit).run();
  return meta.changes;
}

const selectOld = (table: string, id: string) =>
  `SELECT ${id} FROM ${table} WHERE ${id} < ?1 AND created_at < ?2 ORDER BY ${id} LIMIT ?3`;

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
