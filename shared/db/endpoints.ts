import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "./audit.ts";
import { deliveries, endpoints } from "./tables/webhooks.ts";

export type EndpointRow = typeof endpoints.$inferSelect;

/** Whose endpoints and deliveries: everything an operator asks for is asked for in one of these. */
export interface WebhookScope {
  projectId: string;
  mode: Mode;
}

const inScope = ({ projectId, mode }: WebhookScope, endpointId: string) =>
  and(
    eq(endpoints.endpointId, endpointId),
    eq(endpoints.projectId, projectId),
    eq(endpoints.mode, mode),
    isNull(endpoints.deletedAt),
  );

/** Inserts unless it is there, or the project has `most` endpoints in this mode. Returns whether it did. */
export async function insertEndpoint(
  db: D1Database,
  row: Pick<
    EndpointRow,
    "endpointId" | "projectId" | "mode" | "url" | "description" | "eventTypes" | "signingSecrets"
  >,
  most: number,
  audit: AuditEntry,
): Promise<boolean> {
  const insert = db
    .prepare(
      `INSERT INTO endpoints (endpoint_id, project_id, mode, url, description, event_types, signing_secrets, created_at, updated_at)
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
      most,
    );
  const [result] = await db.batch([insert, auditIfChangedRaw(db, audit)]);
  return (result?.meta.changes ?? 0) > 0;
}

/** The endpoint, or `null` when it is deleted, of another project or mode, or was never there. */
export async function readEndpoint(
  db: D1Database,
  scope: WebhookScope,
  endpointId: string,
): Promise<EndpointRow | null> {
  const rows = await drizzle(db).select().from(endpoints).where(inScope(scope, endpointId));
  return rows[0] ?? null;
}

export interface EndpointWithBacklog {
  endpoint: EndpointRow;
  /** How many deliveries are not at their end. */
  open: number;
}

/** All endpoints that are not deleted, oldest first. */
export async function listEndpoints(db: D1Database, { projectId, mode }: WebhookScope) {
  const open = sql<number>`(SELECT count(*) FROM deliveries
    WHERE deliveries.endpoint_id = ${endpoints.endpointId} AND deliveries.next_attempt_at IS NOT NULL)`;
  const rows: EndpointWithBacklog[] = await drizzle(db)
    .select({ endpoint: endpoints, open })
    .from(endpoints)
    .where(and(eq(endpoints.projectId, projectId), eq(endpoints.mode, mode), isNull(endpoints.deletedAt)))
    .orderBy(endpoints.endpointId);
  return rows;
}

/** Changes what an operator may change, if it is still at `version` (its `updated_at`). Returns whether it was. */
export async function updateEndpoint(
  db: D1Database,
  scope: WebhookScope,
  { endpointId, version }: { endpointId: string; version: number },
  change: Pick<EndpointRow, "url" | "description" | "eventTypes">,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(endpoints)
      .set({ ...change, updatedAt: Math.max(audit.at, version + 1) })
      .where(and(inScope(scope, endpointId), eq(endpoints.updatedAt, version))),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

/** Disables an enabled endpoint; a disabled one keeps its time and reason. */
export async function disableEndpointRow(
  db: D1Database,
  scope: WebhookScope,
  endpointId: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(endpoints)
      .set({ isEnabled: false, disabledAt: audit.at, disableReason: "operator", updatedAt: audit.at })
      .where(and(inScope(scope, endpointId), eq(endpoints.isEnabled, true))),
    auditIfChanged(database, audit),
  ]);
}

/**
 * Enables a disabled endpoint with a clean record, in one transaction with what becomes of the deliveries that waited:
 * `send` makes all of them due now, `drop` ends them. An enabled one is left as it is.
 */
export async function enableEndpointRow(
  db: D1Database,
  scope: WebhookScope,
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
      .where(and(inScope(scope, endpointId), eq(endpoints.isEnabled, false))),
    auditIfChanged(database, audit),
  ]);
}

/** Deletes: nothing is sent any more, the secrets are gone. What waits is ended here or by the sweep. */
export async function deleteEndpointRow(
  db: D1Database,
  scope: WebhookScope,
  endpointId: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  const { at } = audit;
  await database.batch([
    database
      .update(endpoints)
      .set({ isEnabled: false, deletedAt: at, updatedAt: at, signingSecrets: "[]" })
      .where(inScope(scope, endpointId)),
    auditIfChanged(database, audit),
  ]);
}

/** Replaces the secrets if nobody changed the endpoint since `version`: of two rotations at once, one is refused. */
export async function replaceSigningSecrets(
  db: D1Database,
  scope: WebhookScope,
  { endpointId, version }: { endpointId: string; version: number },
  signingSecrets: string,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(endpoints)
      .set({ signingSecrets, updatedAt: Math.max(audit.at, version + 1) })
      .where(and(inScope(scope, endpointId), eq(endpoints.updatedAt, version))),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

/** Deliveries of an endpoint that have a next attempt and none under way. */
function isWaiting(endpointId: string, now: number) {
  return and(
    eq(deliveries.endpointId, endpointId),
    sql`next_attempt_at IS NOT NULL`,
    sql`coalesce(lease_until, 0) <= ${now}`,
  );
}
