import { and, asc, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { DeliveryFilter } from "../contract/operations/deliveries.ts";
import type { Scope } from "../contract/scope.ts";
import { idFloor } from "../kit/ids.ts";
import { inScope } from "./scope.ts";
import { deliveries, deliveryAttempts, endpoints, events } from "./tables/webhooks.ts";

export type DeliveryRow = typeof deliveries.$inferSelect;
export type DeliveryAttemptRow = typeof deliveryAttempts.$inferSelect;

/** Builds the SQL condition of a filter. */
export function buildDeliveryCondition(scope: Scope, filter: DeliveryFilter) {
  const { endpointId, states, eventType, subjectRef, eventId, httpStatus, since, until } = filter;
  const onlyFailures = states?.every((state) => state === "failed" || state === "dead");
  return and(
    inScope(deliveries, scope),
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

/**
 * The columns that an operator's retry sets: due now (?1), a new run of the schedule, and a new epoch that
 * makes the queued message stale. Combine them with `hasNoAttemptInProgress`: the result of a running attempt
 * counts, and the operator sees it within seconds.
 */
export const restartColumns = `
  state = CASE WHEN state <> 'dead' THEN state WHEN attempts = 0 THEN 'pending' ELSE 'failed' END,
  epoch = epoch + 1, attempts_in_run = 0, next_kind = 'manual', lease_until = NULL, lease_id = NULL,
  next_attempt_at = ?1, updated_at = ?1`;

/**
 * Ends the breaker's pause for each endpoint with a delivery restarted at ?1, because an operator is waiting for the result.
 * `deliveriesSql` is the condition of those deliveries. It goes into the batch with `restartColumns`.
 */
export const buildEndOfPauses = (deliveriesSql: string): string => `
  UPDATE endpoints SET paused_until = NULL WHERE paused_until IS NOT NULL AND endpoint_id IN
    (SELECT endpoint_id FROM deliveries WHERE ${deliveriesSql} AND next_kind = 'manual' AND next_attempt_at = ?1)`;

export const hasNoAttemptInProgress = "coalesce(deliveries.lease_until, 0) <= ?1";

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

/** Reads a delivery with its event, its endpoint (even if deleted) and its attempts, in one round trip. */
export async function readDelivery(db: D1Database, scope: Scope, deliveryId: string) {
  const database = drizzle(db);
  const [rows, attempts] = await database.batch([
    database
      .select({
        delivery: deliveries,
        event: { body: events.body, occurredAt: events.occurredAt, sequence: events.sequence },
        endpoint: {
          url: endpoints.url,
          isEnabled: endpoints.isEnabled,
          deletedAt: endpoints.deletedAt,
          failingSince: endpoints.failingSince,
        },
      })
      .from(deliveries)
      .innerJoin(events, eq(events.eventId, deliveries.eventId))
      .innerJoin(endpoints, eq(endpoints.endpointId, deliveries.endpointId))
      .where(and(eq(deliveries.deliveryId, deliveryId), inScope(deliveries, scope))),
    database
      .select()
      .from(deliveryAttempts)
      .where(eq(deliveryAttempts.deliveryId, deliveryId))
      .orderBy(asc(deliveryAttempts.number)),
  ]);
  const [row] = rows;
  return row === undefined ? null : { ...row, attempts };
}

/** A delivery with its event, its endpoint and its attempts. */
export type DeliveryDetail = NonNullable<Awaited<ReturnType<typeof readDelivery>>>;
