import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { type AuditEntry, auditStatement } from "./audit.ts";
import { readConnectionOf } from "./stripe-connections.ts";
import { eventList } from "./stripe-events.ts";
import { stripeConnections } from "./tables/configuration.ts";

export type ConnectionRow = typeof stripeConnections.$inferSelect;

/**
 * Saves the connection of its project and mode, or gives the one that is there another key: the id stays, and so do the
 * webhook's secret and the place of the sweep when the key is of the same account at Stripe. Returns the row as it is now.
 */
export async function saveConnection(
  db: D1Database,
  connection: ConnectionRow,
  audit: AuditEntry | null,
): Promise<ConnectionRow> {
  const database = drizzle(db);
  const { projectId, mode, apiKeySealed, stripeAccountId, apiKeyHint, updatedAt } = connection;
  const existing = (await readConnectionOf(db, projectId, mode))?.connection ?? null;
  const isSameAccount = stripeAccountId !== null && existing?.stripeAccountId === stripeAccountId;
  const { webhookSecretSealed, webhookSetAt, webhookEndpointId, sweptTo, nextSweepAt } = connection;
  const ofAccount = { webhookSecretSealed, webhookSetAt, webhookEndpointId, sweptTo, nextSweepAt };
  await database.batch([
    database
      .insert(stripeConnections)
      .values(connection)
      .onConflictDoUpdate({
        target: stripeConnections.connectionId,
        set: { apiKeySealed, stripeAccountId, apiKeyHint, updatedAt, ...(isSameAccount ? {} : ofAccount) },
      }),
    ...(audit === null
      ? []
      : [auditStatement(database, { ...audit, before: existing && beforeOf(existing) })]),
  ]);
  const saved = await readConnectionOf(db, projectId, mode);
  if (saved === null) throw new Error(`The connection ${connection.connectionId} was not saved`);
  return saved.connection;
}

const beforeOf = ({ apiKeyHint, stripeAccountId }: ConnectionRow) => ({
  apiKey: apiKeyHint,
  stripeAccountId,
});

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
    ...(audit === null ? [] : [auditStatement(database, audit)]),
  ]);
}

/** The connection and its newest events, in one round trip. */
export async function readConnectionAndEvents(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  limit: number,
) {
  const database = drizzle(db);
  const [connections, events] = await database.batch([
    database
      .select()
      .from(stripeConnections)
      .where(and(eq(stripeConnections.projectId, projectId), eq(stripeConnections.mode, mode))),
    eventList(database, { projectId, mode }, {}, limit),
  ]);
  return { connection: connections[0] ?? null, events };
}
