import { and, asc, desc, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { DeliveryFilter } from "../contract/operations/deliveries.ts";
import { type DeliveryRow, deliveryList, matching } from "./deliveries.ts";
import type { WebhookScope } from "./endpoints.ts";
import { deliveries, deliveryJobs, endpoints } from "./tables/webhooks.ts";

/** What the portal's pages read of webhooks, each in one round trip, and never a signing secret, sealed or not. */

const mostCounted = 1_000;

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
  /** Deliveries that are not at their end; counting stops at 1,000. */
  open: sql<number>`(SELECT count(*) FROM (SELECT 1 FROM deliveries
    WHERE deliveries.endpoint_id = endpoints.endpoint_id AND next_attempt_at IS NOT NULL LIMIT ${mostCounted}))`,
  /** Those for which no attempt comes any more; the same. */
  dead: sql<number>`(SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_in_trouble
    WHERE deliveries.project_id = endpoints.project_id
    AND deliveries.mode = endpoints.mode AND state IN ('failed', 'dead') AND state = 'dead'
    AND deliveries.endpoint_id = endpoints.endpoint_id LIMIT ${mostCounted}))`,
};

function endpointsOf(db: D1Database, { projectId, mode }: WebhookScope, endpointId?: string) {
  return drizzle(db)
    .select(endpointColumns)
    .from(endpoints)
    .where(
      and(
        eq(endpoints.projectId, projectId),
        eq(endpoints.mode, mode),
        isNull(endpoints.deletedAt),
        endpointId === undefined ? undefined : eq(endpoints.endpointId, endpointId),
      ),
    )
    .orderBy(asc(endpoints.endpointId));
}

/** All endpoints that are not deleted, oldest first. */
export async function readEndpointPage(db: D1Database, scope: WebhookScope) {
  return endpointsOf(db, scope);
}

export type EndpointHealth = Awaited<ReturnType<typeof readEndpointPage>>[number];

/** One endpoint with its newest deliveries; `null` when it is not there. */
export async function readEndpointDetail(
  db: D1Database,
  scope: WebhookScope,
  endpointId: string,
  newest: number,
): Promise<{ endpoint: EndpointHealth; latest: DeliveryRow[] } | null> {
  const [[endpoint], latest] = await drizzle(db).batch([
    endpointsOf(db, scope, endpointId),
    deliveryList(drizzle(db), scope, { endpointId }, { after: null, limit: newest }),
  ]);
  return endpoint === undefined ? null : { endpoint, latest };
}

/** A page of deliveries, the endpoints to filter by (deleted ones too, whose deliveries are still shown), and the jobs. */
export async function readDeliveryPage(
  db: D1Database,
  scope: WebhookScope,
  filter: DeliveryFilter,
  page: { after: string | null; limit: number },
) {
  const database = drizzle(db);
  const { projectId, mode } = scope;
  const [rows, targets, jobs] = await database.batch([
    deliveryList(database, scope, filter, page),
    database
      .select({ endpointId: endpoints.endpointId, url: endpoints.url, deletedAt: endpoints.deletedAt })
      .from(endpoints)
      .where(and(eq(endpoints.projectId, projectId), eq(endpoints.mode, mode)))
      .orderBy(asc(endpoints.endpointId)),
    database
      .select({
        jobId: deliveryJobs.jobId,
        kind: deliveryJobs.kind,
        status: deliveryJobs.status,
        phase: deliveryJobs.phase,
        total: deliveryJobs.total,
        done: deliveryJobs.done,
        createdAt: deliveryJobs.createdAt,
      })
      .from(deliveryJobs)
      .where(and(eq(deliveryJobs.projectId, projectId), eq(deliveryJobs.mode, mode)))
      .orderBy(desc(deliveryJobs.jobId))
      .limit(3),
  ]);
  return { rows, targets, jobs };
}

/** The urls of the endpoints that deliveries name, and how many deliveries fit a filter. */
export async function countWithEndpoints(db: D1Database, scope: WebhookScope, filter: DeliveryFilter) {
  const database = drizzle(db);
  const [[counted], targets] = await database.batch([
    database.select({ count: sql<number>`count(*)` }).from(deliveries).where(matching(scope, filter)),
    database
      .select({ endpointId: endpoints.endpointId, url: endpoints.url })
      .from(endpoints)
      .where(and(eq(endpoints.projectId, scope.projectId), eq(endpoints.mode, scope.mode))),
  ]);
  return { count: counted?.count ?? 0, targets };
}
