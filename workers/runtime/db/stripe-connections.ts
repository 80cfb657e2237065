import { eq, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { Mode } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, optionalAudit } from "../../../shared/db/audit.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { type StripeConnectionRow, toAuditValues } from "../../../shared/db/stripe-connections.ts";
import { projects, stripeConnections } from "../../../shared/db/tables/configuration.ts";

/**
 * Returns a connection with its project's region and grace period. Subject objects are addressed by region.
 */
export async function readConnection(db: D1Database, connectionId: string) {
  const rows = await selectConnections(drizzle(db)).where(eq(stripeConnections.connectionId, connectionId));
  return rows[0] ?? null;
}

export async function readProjectConnection(db: D1Database, projectId: string, mode: Mode) {
  const rows = await selectProjectConnection(drizzle(db), { projectId, mode });
  return rows[0] ?? null;
}

/** Builds the query of `readProjectConnection`, for a batch. */
export const selectProjectConnection = (database: DrizzleD1Database, scope: Scope) =>
  selectConnections(database).where(inScope(stripeConnections, scope));

/**
 * Claims and returns the connections that are the longest overdue for a sweep of their event list. They are due again
 * at `nextSweepAt`, even if the sweep crashes.
 */
export async function claimConnectionsToSweep(
  db: D1Database,
  { now, nextSweepAt }: { now: number; nextSweepAt: number },
  limit: number,
): Promise<ConnectionWithProject[]> {
  const longestOverdue = sql`SELECT connection_id FROM stripe_connections
    WHERE next_sweep_at <= ${now} ORDER BY next_sweep_at LIMIT ${limit}`;
  const claimed = await drizzle(db)
    .update(stripeConnections)
    .set({ nextSweepAt })
    .where(sql`connection_id IN (${longestOverdue})`)
    .returning({ connectionId: stripeConnections.connectionId });
  if (claimed.length === 0) return [];
  const ids = JSON.stringify(claimed.map(({ connectionId }) => connectionId));
  return selectConnections(drizzle(db)).where(sql`connection_id IN (SELECT value FROM json_each(${ids}))`);
}

function selectConnections(database: DrizzleD1Database) {
  return database
    .select({ connection: stripeConnections, region: projects.region, graceDays: projects.graceDays })
    .from(stripeConnections)
    .innerJoin(projects, eq(projects.projectId, stripeConnections.projectId));
}

/** A connection that may have a daily audit. */
export interface AuditableScope extends Scope {
  /** When the connection was created. */
  since: number;
}

/** Returns the live connections of projects that are not archived. */
export async function listAuditableScopes(db: D1Database): Promise<AuditableScope[]> {
  const { results } = await db
    .prepare(
      `SELECT connections.project_id AS projectId, connections.mode AS mode, connections.created_at AS since
       FROM stripe_connections AS connections
       JOIN projects ON projects.project_id = connections.project_id AND projects.archived_at IS NULL
       WHERE connections.mode = 'live'`,
    )
    .all<AuditableScope>();
  return results;
}

export type ConnectionWithProject = NonNullable<Awaited<ReturnType<typeof readConnection>>>;

/** Returns whether the cursor of the event list is at `time`. */
export async function isCursorAt(db: D1Database, connectionId: string, time: number): Promise<boolean> {
  const row = await db
    .prepare(
      "SELECT 1 FROM stripe_connections WHERE connection_id = ?1 AND coalesce(swept_to, created_at) = ?2",
    )
    .bind(connectionId, time)
    .first();
  return row !== null;
}

/** Moves the cursor of the event list past a gap that has a backfill, unless another sweep has moved it. */
export async function passGap(
  db: D1Database,
  connectionId: string,
  { gapFrom, gapTo }: { gapFrom: number; gapTo: number },
): Promise<void> {
  await db
    .prepare(
      `UPDATE stripe_connections SET swept_to = ?3
       WHERE connection_id = ?1 AND coalesce(swept_to, created_at) = ?2`,
    )
    .bind(connectionId, gapFrom, gapTo)
    .run();
}

/** Records how far the sweep got, or why it failed. */
export async function recordSweep(
  db: D1Database,
  connectionId: string,
  result: Partial<Pick<typeof stripeConnections.$inferSelect, "sweptTo" | "nextSweepAt" | "sweepError">>,
): Promise<void> {
  await drizzle(db)
    .update(stripeConnections)
    .set(result)
    .where(eq(stripeConnections.connectionId, connectionId));
}

/**
 * Inserts the connection of a project and mode, or replaces the API key of an existing one. The connection id
 * stays. If the new key belongs to the same Stripe account, the webhook secret and the sweep position stay
 * too. Returns the stored row, and whether the key belongs to the same Stripe account as before.
 */
export async function saveConnection(
  db: D1Database,
  connection: StripeConnectionRow,
  audit: AuditEntry | null,
): Promise<{ saved: StripeConnectionRow; isSameAccount: boolean }> {
  const database = drizzle(db);
  const { projectId, mode, apiKeySealed, stripeAccountId, apiKeyHint, updatedAt } = connection;
  const existing = (await readProjectConnection(db, projectId, mode))?.connection ?? null;
  const isSameAccount = stripeAccountId !== null && existing?.stripeAccountId === stripeAccountId;
  const { webhookSecretSealed, webhookSetAt, webhookEndpointId, sweptTo, nextSweepAt } = connection;
  const accountColumns = { webhookSecretSealed, webhookSetAt, webhookEndpointId, sweptTo, nextSweepAt };
  await database.batch([
    database
      .insert(stripeConnections)
      .values(connection)
      .onConflictDoUpdate({
        target: stripeConnections.connectionId,
        set: {
          apiKeySealed,
          stripeAccountId,
          apiKeyHint,
          updatedAt,
          ...(isSameAccount ? {} : accountColumns),
        },
      }),
    ...optionalAudit(database, audit && { ...audit, before: existing && toAuditValues(existing) }),
  ]);
  const saved = await readProjectConnection(db, projectId, mode);
  if (saved === null) throw new Error(`the connection ${connection.connectionId} was not saved`);
  return { saved: saved.connection, isSameAccount };
}

export async function saveWebhookSecret(
  db: D1Database,
  connectionId: string,
  { sealed, endpointId }: { sealed: string; endpointId: string | null },
  now: number,
  audit: AuditEntry | null,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(stripeConnections)
      .set({ webhookSecretSealed: sealed, webhookEndpointId: endpointId, webhookSetAt: now, updatedAt: now })
      .where(eq(stripeConnections.connectionId, connectionId)),
    ...optionalAudit(database, audit),
  ]);
}
