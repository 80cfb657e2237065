import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { type AuditEntry, auditStatement } from "./audit.ts";
import { readProjectConnection } from "./stripe-connections.ts";
import { selectStripeEvents } from "./stripe-events.ts";
import { stripeConnections } from "./tables/configuration.ts";

export type StripeConnectionRow = typeof stripeConnections.$inferSelect;

/**
 * Inserts the connection of a project and mode, or replaces the API key of an existing one. The connection id
 * stays. If the new key belongs to the same Stripe account, the webhook secret and the sweep position stay
 * too. Returns the stored row.
 */
export async function saveConnection(
  db: D1Database,
  connection: StripeConnectionRow,
  audit: AuditEntry | null,
): Promise<StripeConnectionRow> {
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
    ...(audit === null
      ? []
      : [auditStatement(database, { ...audit, before: existing && toAuditValues(existing) })]),
  ]);
  const saved = await readProjectConnection(db, projectId, mode);
  if (saved === null) throw new Error(`the connection ${connection.connectionId} was not saved`);
  return saved.connection;
}

const toAuditValues = ({ apiKeyHint, stripeAccountId }: StripeConnectionRow) => ({
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

/** Reads the connection and its newest events, in one round trip. */
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
    selectStripeEvents(database, { projectId, mode }, {}, limit),
  ]);
  return { connection: connections[0] ?? null, events };
}
