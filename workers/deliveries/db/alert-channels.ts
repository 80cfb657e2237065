import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { alertChannels, alertMessages } from "../../../shared/db/tables/alerts.ts";

type ChannelRow = typeof alertChannels.$inferSelect;

const insert = `
  INSERT INTO alert_channels (channel_id, project_id, mode, kind, address_sealed, address_hint, secret_sealed, created_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8
  WHERE ?9 > (SELECT count(*) FROM alert_channels WHERE project_id = ?2 AND mode = ?3)
  ON CONFLICT DO NOTHING`;

/** Inserts the channel unless it exists or the scope has `maxChannels`. Returns whether it was inserted. */
export async function insertChannel(
  db: D1Database,
  row: Omit<ChannelRow, "createdAt">,
  maxChannels: number,
  audit: AuditEntry,
): Promise<boolean> {
  const { channelId, projectId, mode, kind, addressSealed, addressHint, secretSealed } = row;
  const [inserted] = await db.batch([
    db
      .prepare(insert)
      .bind(
        channelId,
        projectId,
        mode,
        kind,
        addressSealed,
        addressHint,
        secretSealed,
        audit.at,
        maxChannels,
      ),
    auditIfChangedRaw(db, audit),
  ]);
  return (inserted?.meta.changes ?? 0) > 0;
}

const matchesChannel = (scope: Scope, channelId: string) =>
  and(eq(alertChannels.channelId, channelId), inScope(alertChannels, scope));

export async function readChannel(
  db: D1Database,
  scope: Scope,
  channelId: string,
): Promise<ChannelRow | null> {
  const rows = await drizzle(db).select().from(alertChannels).where(matchesChannel(scope, channelId));
  return rows[0] ?? null;
}

/** Deletes the channel and its messages. */
export async function deleteChannel(
  db: D1Database,
  scope: Scope,
  channelId: string,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .delete(alertMessages)
      .where(and(eq(alertMessages.channelId, channelId), inScope(alertMessages, scope))),
    database.delete(alertChannels).where(matchesChannel(scope, channelId)),
    auditIfChanged(database, audit),
  ]);
}
