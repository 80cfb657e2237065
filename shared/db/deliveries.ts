import { and, asc, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { DeliveryFilter } from "../contract/operations/deliveries.ts";
import type { Scope } from "../contract/scope.ts";
import type { DeliveryState } from "../contract/words.ts";
import { idFloor } from "../kit/ids.ts";
import { type AuditEntry, auditIfChangedRaw } from "./audit.ts";
import { deliveries, deliveryAttempts, endpoints, events } from "./tables/webhooks.ts";
import type { DeliveryMessage } from "./write-events.ts";

export type DeliveryRow = typeof deliveries.$inferSelect;
export type DeliveryAttemptRow = typeof deliveryAttempts.$inferSelect;

/** Builds the SQL condition of a filter. */
export function buildDeliveryCondition({ projectId, mode }: Scope, filter: DeliveryFilter) {
  const { endpointId, states, eventType, subjectRef, eventId, httpStatus, since, until } = filter;
  const onlyFailures = states?.every((state) => state === "failed" || state === "dead");
  return and(
    eq(deliveries.projectId, projectId),
    eq(deliveries.mode, mode),
    // The unary plus keeps SQLite off the index by endpoint where the partial index of the few failures is
    // better.
    endpointId === undefined
      ? undefined
      : onlyFailures
        ? sql`+endpoint_id = ${endpointId}`
        : eq(deliveries.endpointId, endpointId),
    states === undefined ? undefined : inArray(deliveries.state, states),
    // Here and for `httpStatus`: repeats the condition of a partial index, so that SQLite may use it. The
    // index holds only the few deliveries that failed.
    onlyFailures ? sql`state IN ('failed', 'dead')` : undefined,
    eventType === undefined ? undefined : eq(deliveries.eventType, eventType),
    subjectRef === undefined ? undefined : eq(deliveries.subjectRef, subjectRef),
    eventId === undefined ? undefined : eq(deliveries.eventId, eventId),
    httpStatus === undefined ? undefined : eq(deliveries.lastStatus, httpStatus),
    httpStatus !== undefined && httpStatus >= 300 ? sql`last_status NOT BETWEEN 200 AND 299` : undefined,
    // Delivery ids begin with the time of the event.
    since === undefined ? undefined : gte(deliveries.deliveryId, idFloor("dlv", since)),
    until === undefined ? undefined : lt(deliveries.deliveryId, idFloor("dlv", until)),
  );
}

/** Returns a page of deliveries, newest event first. `after` is the last delivery of the previous page. */
export async function listDeliveries(
  db: D1Database,
  scope: Scope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
): Promise<DeliveryRow[]> {
  return selectDeliveries(drizzle(db), scope, filter, page);
}

/** Builds the statement of `listDeliveries`, for a batch. */
export function selectDeliveries(
  database: DrizzleD1Database,
  scope: Scope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
) {
  const older = page.after === null ? undefined : lt(deliveries.deliveryId, page.after);
  return database
    .select()
    .from(deliveries)
    .where(and(buildDeliveryCondition(scope, filter), older))
    .orderBy(desc(deliveries.deliveryId))
    .limit(page.limit);
}

export async function countDeliveries(db: D1Database, scope: Scope, filter: DeliveryFilter) {
  const [row] = await drizzle(db)
    .select({ count: sql<number>`count(*)` })
    .from(deliveries)
    .where(buildDeliveryCondition(scope, filter));
  return row?.count ?? 0;
}

/** Reads a delivery with its event, its endpoint (even if deleted) and its attempts, in one round trip. */
export async function readDelivery(db: D1Database, { projectId, mode }: Scope, deliveryId: string) {
  const database = drizzle(db);
  const [rows, attempts] = await database.batch([
    database
      .select({
        delivery: deliveries,
        event: { body: events.body, occurredAt: events.occurredAt, sequence: events.sequence },
        endpoint: { url: endpoints.url, isEnabled: endpoints.isEnabled, deletedAt: endpoints.deletedAt },
      })
      .from(deliveries)
      .innerJoin(events, eq(events.eventId, deliveries.eventId))
      .innerJoin(endpoints, eq(endpoints.endpointId, deliveries.endpointId))
      .where(
        and(
          eq(deliveries.deliveryId, deliveryId),
          eq(deliveries.projectId, projectId),
          eq(deliveries.mode, mode),
        ),
      ),
    database
      .select()
      .from(deliveryAttempts)
      .where(eq(deliveryAttempts.deliveryId, deliveryId))
      .orderBy(asc(deliveryAttempts.number)),
  ]);
  const [row] = rows;
  return row === undefined ? null : { ...row, attempts };
}

/**
 * The columns that an operator's retry sets: due now (?1), a new run of the schedule, and a new epoch that
 * makes the queued message stale. Combine them with `hasNoAttemptInProgress`: the result of a running attempt
 * counts, and the operator sees it within seconds.
 */
export const restartColumns = `
  state = CASE WHEN state <> 'dead' THEN state WHEN attempts = 0 THEN 'pending' ELSE 'failed' END,
  epoch = epoch + 1, attempts_in_run = 0, next_kind = 'manual', lease_until = NULL, lease_id = NULL,
  next_attempt_at = ?1, updated_at = ?1`;
export const hasNoAttemptInProgress = "coalesce(deliveries.lease_until, 0) <= ?1";

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
         RETURNING delivery_id AS deliveryId, epoch`,
      )
      .bind(now, deliveryId, projectId, mode, JSON.stringify(states)),
    auditIfChangedRaw(db, audit),
    db
      .prepare(
        `UPDATE endpoints SET paused_until = NULL WHERE paused_until IS NOT NULL AND project_id = ?2 AND mode = ?3
           AND endpoint_id = (SELECT endpoint_id FROM deliveries
             WHERE delivery_id = ?4 AND next_kind = 'manual' AND next_attempt_at = ?1)`,
      )
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
