import { and, asc, desc, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { DeliveryFilter } from "../../../shared/contract/operations/deliveries.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { buildDeliveryCondition, type DeliveryRow, selectDeliveries } from "../../../shared/db/deliveries.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { deliveries, deliveryJobs, endpoints } from "../../../shared/db/tables/webhooks.ts";

/**
 * Queries of the portal's webhook pages, each one round trip. None returns a signing secret, sealed or not.
 */

const maxCounted = 1_000;

const endpointColumns = {
  endpointId: endpoints.endpointId,
  url: endpoints.url,
  description: endpoints.description,
  eventTypes: endpoints.eventTypes,
  isEnabled: endpoints.isEnabled,
  disabledAt: endpoints.disabledAt,
  disableReason: endpoints.disableReason,
  lastSuccessAt: endpoints.lastSuccessAt,
  failingSince: endpoints.failingSince,
  consecutiveFailures: endpoints.consecutiveFailures,
  createdAt: endpoints.createdAt,
  updatedAt: endpoints.updatedAt,
  /** Deliveries that still have a next attempt; counting stops at 1,000. */
  open: sql<number>`(SELECT count(*) FROM (SELECT 1 FROM deliveries
    WHERE deliveries.endpoint_id = endpoints.endpoint_id AND next_attempt_at IS NOT NULL LIMIT ${maxCounted}))`,
  /** Deliveries without a further automatic attempt; counting stops at 1,000. */
  dead: sql<number>`(SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_in_trouble
    WHERE deliveries.project_id = endpoints.project_id
    AND deliveries.mode = endpoints.mode AND state IN ('failed', 'dead') AND state = 'dead'
    AND deliveries.endpoint_id = endpoints.endpoint_id LIMIT ${maxCounted}))`,
};

function selectEndpoints(db: D1Database, scope: Scope, endpointId?: string) {
  return drizzle(db)
    .select(endpointColumns)
    .from(endpoints)
    .where(
      and(
        inScope(endpoints, scope),
        isNull(endpoints.deletedAt),
        endpointId === undefined ? undefined : eq(endpoints.endpointId, endpointId),
      ),
    )
    .orderBy(asc(endpoints.endpointId));
}

/** Returns all endpoints that are not deleted, oldest first. */
export async function listEndpointHealth(db: D1Database, scope: Scope) {
  return selectEndpoints(db, scope);
}

export type EndpointHealth = Awaited<ReturnType<typeof listEndpointHealth>>[number];

/** Reads one endpoint with its newest deliveries, or `null` when the endpoint does not exist. */
export async function readEndpointDetail(
  db: D1Database,
  scope: Scope,
  endpointId: string,
  newest: number,
): Promise<{ endpoint: EndpointHealth; latest: DeliveryRow[] } | null> {
  const [[endpoint], latest] = await drizzle(db).batch([
    selectEndpoints(db, scope, endpointId),
    selectDeliveries(drizzle(db), scope, { endpointId }, { after: null, limit: newest }),
  ]);
  return endpoint === undefined ? null : { endpoint, latest };
}

/** Reads a page of deliveries, the running jobs, and the endpoints to filter by, including deleted ones. */
export async function readDeliveryPage(
  db: D1Database,
  scope: Scope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
) {
  const database = drizzle(db);
  const [rows, targets, jobs] = await database.batch([
    selectDeliveries(database, scope, filter, page),
    database
      .select({ endpointId: endpoints.endpointId, url: endpoints.url, deletedAt: endpoints.deletedAt })
      .from(endpoints)
      .where(inScope(endpoints, scope))
      .orderBy(asc(endpoints.endpointId)),
    database
      .select({
        jobId: deliveryJobs.jobId,
        kind: deliveryJobs.kind,
        phase: deliveryJobs.phase,
        total: deliveryJobs.total,
        done: deliveryJobs.done,
        createdAt: deliveryJobs.createdAt,
      })
      .from(deliveryJobs)
      .where(and(inScope(deliveryJobs, scope), eq(deliveryJobs.status, "running")))
      .orderBy(desc(deliveryJobs.jobId)),
  ]);
  return { rows, targets, jobs };
}

/** Counts the deliveries that match a filter, and reads the URLs of all endpoints. */
export async function countDeliveriesWithEndpoints(db: D1Database, scope: Scope, filter: DeliveryFilter) {
  const database = drizzle(db);
  const [[counted], targets] = await database.batch([
    database
      .select({ count: sql<number>`count(*)` })
      .from(deliveries)
      .where(buildDeliveryCondition(scope, filter)),
    database
      .select({ endpointId: endpoints.endpointId, url: endpoints.url })
      .from(endpoints)
      .where(inScope(endpoints, scope)),
  ]);
  return { count: counted?.count ?? 0, targets };
}
