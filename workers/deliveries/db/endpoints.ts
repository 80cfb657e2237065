import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { type EndpointRow, matchesEndpoint } from "../../../shared/db/endpoints.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { deliveries, endpoints } from "../../../shared/db/tables/webhooks.ts";
import { isUnsubscribedSql } from "./delivery-attempts.ts";

/**
 * Inserts the endpoint unless it exists or the scope has `maxEndpoints` already. Returns whether it was
 * inserted.
 */
export async function insertEndpoint(
  db: D1Database,
  row: Pick<
    EndpointRow,
    "endpointId" | "projectId" | "mode" | "url" | "description" | "eventTypes" | "signingSecrets"
  >,
  maxEndpoints: number,
  audit: AuditEntry,
): Promise<boolean> {
  const insert = db
    .prepare(
      `INSERT INTO endpoints (endpoint_id, project_id, mode, url, description, event_types, signing_secrets,
         created_at, updated_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8 WHERE ?9 >
         (SELECT count(*) FROM endpoints WHERE project_id = ?2 AND mode = ?3 AND deleted_at IS NULL)
       ON CONFLICT DO NOTHING`,
    )
    .bind(
      row.endpointId,
      row.projectId,
      row.mode,
      row.url,
      row.description,
      JSON.stringify(row.eventTypes),
      row.signingSecrets,
      audit.at,
      maxEndpoints,
    );
  const [result] = await db.batch([insert, auditIfChangedRaw(db, audit)]);
  return (result?.meta.changes ?? 0) > 0;
}

/** Returns all endpoints that are not deleted, oldest first. */
export async function listEndpoints(db: D1Database, scope: Scope): Promise<EndpointRow[]> {
  return drizzle(db)
    .select()
    .from(endpoints)
    .where(and(inScope(endpoints, scope), isNull(endpoints.deletedAt)))
    .orderBy(endpoints.endpointId);
}

/** Deliveries that end in the request of an edit; the others end when they are due. */
const maxEndedPerEdit = 5_000;

const endUnsubscribed = `
  UPDATE deliveries SET state = 'dead', epoch = epoch + 1, next_attempt_at = NULL, updated_at = ?2
  WHERE delivery_id IN (SELECT delivery_id FROM deliveries
    WHERE endpoint_id = ?1 AND next_attempt_at IS NOT NULL AND coalesce(lease_until, 0) <= ?2
      AND ${isUnsubscribedSql} LIMIT ${maxEndedPerEdit})`;

/**
 * Changes the editable fields if the endpoint is still at `version` (its `updated_at`). Returns whether it
 * was. Ends the waiting deliveries of types that the endpoint no longer subscribes to.
 */
export async function updateEndpoint(
  db: D1Database,
  scope: Scope,
  { endpointId, version }: { endpointId: string; version: number },
  change: Pick<EndpointRow, "url" | "description" | "eventTypes">,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(endpoints)
      .set({ ...change, updatedAt: Math.max(audit.at, version + 1) })
      .where(and(matchesEndpoint(scope, endpointId), eq(endpoints.updatedAt, version))),
    auditIfChanged(database, audit),
  ]);
  if (meta.changes === 0) return false;
  // Not in the batch of the edit: after a crash in between, a claim ends what is left.
  await db.prepare(endUnsubscribed).bind(endpointId, audit.at).run();
  return true;
}

/** Disables an enabled endpoint. A disabled one keeps its time and reason. */
export async function disableEndpointRow(
  db: D1Database,
  scope: Scope,
  endpointId: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(endpoints)
      .set({ isEnabled: false, disabledAt: audit.at, disableReason: "operator", updatedAt: audit.at })
      .where(and(matchesEndpoint(scope, endpointId), eq(endpoints.isEnabled, true))),
    auditIfChanged(database, audit),
  ]);
}

/**
 * Enables a disabled endpoint and resets its failure record. The same transaction handles the waiting
 * deliveries: `send` makes all of them due now, `drop` ends them. An enabled endpoint stays unchanged.
 */
export async function enableEndpointRow(
  db: D1Database,
  scope: Scope,
  endpointId: string,
  waiting: "send" | "drop",
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  const now = audit.at;
  const wasDisabled = sql`EXISTS (SELECT 1 FROM endpoints WHERE endpoints.endpoint_id = ${endpointId}
    AND endpoints.project_id = ${scope.projectId} AND endpoints.mode = ${scope.mode}
    AND endpoints.is_enabled = 0 AND endpoints.deleted_at IS NULL)`;
  await database.batch([
    database
      .update(deliveries)
      .set({
        ...(waiting === "send" ? { nextAttemptAt: now } : { nextAttemptAt: null, state: "dead" as const }),
        epoch: sql`epoch + 1`,
        updatedAt: now,
      })
      .where(and(isWaiting(endpointId, now), wasDisabled)),
    database
      .update(endpoints)
      .set({
        isEnabled: true,
        disabledAt: null,
        disableReason: null,
        consecutiveFailures: 0,
        failingSince: null,
        pausedUntil: null,
        updatedAt: now,
      })
      .where(and(matchesEndpoint(scope, endpointId), eq(endpoints.isEnabled, false))),
    auditIfChanged(database, audit),
  ]);
}

/** Marks the endpoint deleted and erases its secrets. The caller or the sweep ends its waiting deliveries. */
export async function deleteEndpointRow(
  db: D1Database,
  scope: Scope,
  endpointId: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  const { at } = audit;
  await database.batch([
    database
      .update(endpoints)
      .set({ isEnabled: false, deletedAt: at, updatedAt: at, signingSecrets: "[]" })
      .where(matchesEndpoint(scope, endpointId)),
    auditIfChanged(database, audit),
  ]);
}

/**
 * Replaces the secrets if the endpoint is still at `version`: of two concurrent rotations, one is refused.
 */
export async function replaceSigningSecrets(
  db: D1Database,
  scope: Scope,
  { endpointId, version }: { endpointId: string; version: number },
  signingSecrets: string,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(endpoints)
      .set({ signingSecrets, updatedAt: Math.max(audit.at, version + 1) })
      .where(and(matchesEndpoint(scope, endpointId), eq(endpoints.updatedAt, version))),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

/** Matches deliveries of an endpoint that have a next attempt and no attempt in progress. */
function isWaiting(endpointId: string, now: number) {
  return and(
    eq(deliveries.endpointId, endpointId),
    sql`next_attempt_at IS NOT NULL`,
    sql`coalesce(lease_until, 0) <= ${now}`,
  );
}
