import { and, asc, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { DeliveryState } from "../../../shared/contract/enums.ts";
import type { DeliveryFilter } from "../../../shared/contract/operations/deliveries.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import {
  buildDeliveryCondition,
  buildEndOfPauses,
  type DeliveryRow,
  hasNoAttemptInProgress,
  restartColumns,
  selectDeliveries,
} from "../../../shared/db/deliveries.ts";
import type { DeliveryMessage } from "../../../shared/db/outbound-events.ts";
import { deliveries } from "../../../shared/db/tables/webhooks.ts";
import { concurrencyLimitSql, maxConcurrentAttempts } from "./delivery-attempts.ts";

// Reads endpoint by endpoint, so that the backlog of a disabled endpoint, however large, is never read. Returns no
// more of an endpoint than it may attempt now: one while its breaker is open. An endpoint that was paused counts
// as due since the end of its pause, so those that fail again and again take turns with the others.
const selectDueByEndpoint = `
  SELECT delivery_id AS deliveryId, epoch, project_id AS projectId FROM (
    SELECT delivery_id, epoch, project_id, max(next_attempt_at, pausedUntil) AS dueSince, free,
      row_number() OVER (PARTITION BY deliveries.endpoint_id ORDER BY next_attempt_at) AS place
    FROM (
      SELECT endpoint_id, coalesce(paused_until, 0) AS pausedUntil, ${concurrencyLimitSql} -
        (SELECT count(*) FROM deliveries AS other
         WHERE other.endpoint_id = endpoints.endpoint_id AND other.lease_until > ?1) AS free
      FROM endpoints
      WHERE is_enabled = 1 AND deleted_at IS NULL AND coalesce(paused_until, 0) <= ?1
        AND endpoint_id = coalesce(?3, endpoint_id)) AS open
    JOIN deliveries ON deliveries.delivery_id IN (
      SELECT due.delivery_id FROM deliveries AS due
      WHERE due.endpoint_id = open.endpoint_id AND due.next_attempt_at <= ?1
      ORDER BY due.next_attempt_at LIMIT ${maxConcurrentAttempts}))
  WHERE place <= free ORDER BY dueSince LIMIT ?2`;

const endOrphaned = `
  UPDATE deliveries SET state = 'dead', next_attempt_at = NULL, lease_until = NULL, lease_id = NULL,
    epoch = epoch + 1, updated_at = ?1
  WHERE delivery_id IN (
    SELECT deliveries.delivery_id FROM endpoints JOIN deliveries USING (endpoint_id)
    WHERE deleted_at IS NOT NULL AND next_attempt_at IS NOT NULL AND coalesce(lease_until, 0) <= ?1 LIMIT ?2)
  RETURNING 1`;

/** Returns a page of deliveries, newest event first. `after` is the last delivery of the previous page. */
export async function listDeliveries(
  db: D1Database,
  scope: Scope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
): Promise<DeliveryRow[]> {
  return selectDeliveries(drizzle(db), scope, filter, page);
}

export async function countDeliveries(db: D1Database, scope: Scope, filter: DeliveryFilter) {
  const [row] = await drizzle(db)
    .select({ count: sql<number>`count(*)` })
    .from(deliveries)
    .where(buildDeliveryCondition(scope, filter));
  return row?.count ?? 0;
}

/**
 * Makes the delivery due now and restarts its schedule, if it is in one of `states` and no attempt is in
 * progress. Also ends a pause of the endpoint's breaker, because an operator is waiting for the result.
 * Returns the message to enqueue, or `null` when the delivery was not restarted.
 */
export async function restartDelivery(
  db: D1Database,
  { projectId, mode }: Scope,
  deliveryId: string,
  states: DeliveryState[],
  audit: AuditEntry,
): Promise<DeliveryMessage | null> {
  const now = audit.at;
  const [restarted] = await db.batch<DeliveryMessage>([
    db
      .prepare(
        `UPDATE deliveries SET ${restartColumns}
         WHERE delivery_id = ?2 AND project_id = ?3 AND mode = ?4 AND ${hasNoAttemptInProgress}
           AND state IN (SELECT value FROM json_each(?5))
         RETURNING delivery_id AS deliveryId, epoch, project_id AS projectId`,
      )
      .bind(now, deliveryId, projectId, mode, JSON.stringify(states)),
    auditIfChangedRaw(db, audit),
    db
      .prepare(buildEndOfPauses("project_id = ?2 AND mode = ?3 AND delivery_id = ?4"))
      .bind(now, projectId, mode, deliveryId),
  ]);
  return restarted?.results[0] ?? null;
}

/** Returns one page of delivery ids for a job to restart, oldest event first. */
export async function listDeliveryIds(
  db: D1Database,
  scope: Scope,
  filter: DeliveryFilter,
  page: { after: string; limit: number },
): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ deliveryId: deliveries.deliveryId })
    .from(deliveries)
    .where(and(buildDeliveryCondition(scope, filter), sql`delivery_id > ${page.after}`))
    .orderBy(asc(deliveries.deliveryId))
    .limit(page.limit);
  return rows.map(({ deliveryId }) => deliveryId);
}

/**
 * Returns due deliveries without an attempt in progress, longest due first: a few per endpoint, because a lane
 * continues with the next one. Covers all endpoints that accept attempts, or only `endpointId`.
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

/** Ends the waiting deliveries of deleted endpoints. Returns how many were ended. */
export async function endDeliveriesOfDeletedEndpoints(
  db: D1Database,
  now: number,
  limit: number,
): Promise<number> {
  // Counted by what it returns: `meta.changes` includes the rows that the counting trigger writes.
  const { results } = await db.prepare(endOrphaned).bind(now, limit).all();
  return results.length;
}
