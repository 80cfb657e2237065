import { and, asc, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { DeliveryFilter } from "../contract/operations/deliveries.ts";
import type { DeliveryState } from "../contract/words.ts";
import { idFloor } from "../kit/ids.ts";
import { type AuditEntry, auditIfChangedRaw } from "./audit.ts";
import type { WebhookScope } from "./endpoints.ts";
import { deliveries, deliveryAttempts, endpoints, events } from "./tables/webhooks.ts";
import type { DeliveryWakeUp } from "./write-events.ts";

export type DeliveryRow = typeof deliveries.$inferSelect;
export type DeliveryAttemptRow = typeof deliveryAttempts.$inferSelect;

/** The condition that says what a filter says. */
export function matching({ projectId, mode }: WebhookScope, filter: DeliveryFilter) {
  const { endpointId, states, eventType, subjectRef, eventId, httpStatus, since, until } = filter;
  const areAllInTrouble = states?.every((state) => state === "failed" || state === "dead");
  return and(
    eq(deliveries.projectId, projectId),
    eq(deliveries.mode, mode),
    // The plus keeps SQLite from the index by endpoint where the one of the few that failed is better.
    endpointId === undefined
      ? undefined
      : areAllInTrouble
        ? sql`+endpoint_id = ${endpointId}`
        : eq(deliveries.endpointId, endpointId),
    states === undefined ? undefined : inArray(deliveries.state, states),
    // Here and below: what a partial index says, so that SQLite may use it. The few that failed among the many that did not.
    areAllInTrouble ? sql`state IN ('failed', 'dead')` : undefined,
    eventType === undefined ? undefined : eq(deliveries.eventType, eventType),
    subjectRef === undefined ? undefined : eq(deliveries.subjectRef, subjectRef),
    eventId === undefined ? undefined : eq(deliveries.eventId, eventId),
    httpStatus === undefined ? undefined : eq(deliveries.lastStatus, httpStatus),
    httpStatus !== undefined && httpStatus >= 300 ? sql`last_status NOT BETWEEN 200 AND 299` : undefined,
    // Ids begin with the time of the event.
    since === undefined ? undefined : gte(deliveries.deliveryId, idFloor("dlv", since)),
    until === undefined ? undefined : lt(deliveries.deliveryId, idFloor("dlv", until)),
  );
}

/** Newest event first; `after` is the last delivery of the page before. */
export async function listDeliveries(
  db: D1Database,
  scope: WebhookScope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
): Promise<DeliveryRow[]> {
  return deliveryList(drizzle(db), scope, filter, page);
}

/** The same as a statement, for a batch. */
export function deliveryList(
  database: DrizzleD1Database,
  scope: WebhookScope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
) {
  const older = page.after === null ? undefined : lt(deliveries.deliveryId, page.after);
  return database
    .select()
    .from(deliveries)
    .where(and(matching(scope, filter), older))
    .orderBy(desc(deliveries.deliveryId))
    .limit(page.limit);
}

export async function countDeliveries(db: D1Database, scope: WebhookScope, filter: DeliveryFilter) {
  const [row] = await drizzle(db)
    .select({ count: sql<number>`count(*)` })
    .from(deliveries)
    .where(matching(scope, filter));
  return row?.count ?? 0;
}

/** One delivery with its event, its endpoint (also a deleted one) and its attempts, in one round trip. */
export async function readDelivery(db: D1Database, { projectId, mode }: WebhookScope, deliveryId: string) {
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
 * What an operator's restart writes: due now (?1), a new run of the schedule, and an epoch that makes the scheduled wake-up
 * stale. One whose attempt is under way is left alone: what that comes to counts, and the operator sees it in a moment.
 */
export const restartColumns = `
  state = CASE WHEN state <> 'dead' THEN state WHEN attempts = 0 THEN 'pending' ELSE 'failed' END,
  epoch = epoch + 1, attempts_in_run = 0, next_kind = 'manual', lease_until = NULL, lease_id = NULL,
  next_attempt_at = ?1, updated_at = ?1`;
export const isNotUnderWay = "coalesce(deliveries.lease_until, 0) <= ?1";

/**
 * Makes the delivery due now, with the schedule from its beginning, if it is in one of `states` and no attempt is under
 * way. The endpoint's breaker is closed: a person wants to see what happens.
 */
export async function restartDelivery(
  db: D1Database,
  { projectId, mode }: WebhookScope,
  deliveryId: string,
  states: DeliveryState[],
  audit: AuditEntry,
): Promise<DeliveryWakeUp | null> {
  const now = audit.at;
  const [restarted] = await db.batch<DeliveryWakeUp>([
    db
      .prepare(
        `UPDATE deliveries SET ${restartColumns}
         WHERE delivery_id = ?2 AND project_id = ?3 AND mode = ?4 AND ${isNotUnderWay}
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

/** The ids of one page of what a job is to restart, oldest event first. */
export async function deliveriesAfter(
  db: D1Database,
  scope: WebhookScope,
  filter: DeliveryFilter,
  page: { after: string; limit: number },
): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ deliveryId: deliveries.deliveryId })
    .from(deliveries)
    .where(and(matching(scope, filter), sql`delivery_id > ${page.after}`))
    .orderBy(asc(deliveries.deliveryId))
    .limit(page.limit);
  return rows.map(({ deliveryId }) => deliveryId);
}
