import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode, PlanStatus, Region } from "../../../shared/contract/enums.ts";
import { type ApiKeyRow, readKey } from "../../../shared/db/api-keys.ts";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { accounts, apiKeys, projects } from "../../../shared/db/tables/configuration.ts";

/** Inserts the key. Returns whether it is new: a form submitted twice carries the same key id. */
export async function insertKey(
  db: D1Database,
  row: typeof apiKeys.$inferInsert,
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database.insert(apiKeys).values(row).onConflictDoNothing(),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
  return meta.changes > 0;
}

/**
 * Inserts `row` and makes `old` expire at `old.expiresAt`, unless it expires earlier anyway. One transaction,
 * so that a valid key exists at all times. Returns whether this call made the change.
 */
export async function insertKeySuccessor(
  db: D1Database,
  row: typeof apiKeys.$inferInsert,
  old: { keyId: string; expiresAt: number },
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database.insert(apiKeys).values(row).onConflictDoNothing(),
    auditIfChanged(database, audit),
    database
      .update(apiKeys)
      .set({ expiresAt: old.expiresAt, syncedAt: null, syncTriedAt: null })
      .where(
        and(
          sql`changes() > 0`,
          eq(apiKeys.keyId, old.keyId),
          isNull(apiKeys.revokedAt),
          sql`(expires_at IS NULL OR expires_at > ${old.expiresAt})`,
        ),
      ),
  ]);
  return meta.changes > 0;
}

/**
 * Marks the key revoked. A second revocation keeps the first time. Returns the row, or `null` when the key is
 * unknown.
 */
export async function markKeyRevoked(
  db: D1Database,
  keyId: string,
  now: number,
  audit: AuditEntry | null,
): Promise<ApiKeyRow | null> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(apiKeys)
      .set({ revokedAt: now, syncedAt: null, syncTriedAt: null })
      .where(and(eq(apiKeys.keyId, keyId), isNull(apiKeys.revokedAt))),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
  return readKey(db, keyId);
}

export async function markKeySynced(db: D1Database, key: ApiKeyRow, now: number): Promise<void> {
  // Only if the row still matches what the Keyring received: a revocation made in between must still be sent.
  const revocation =
    key.revokedAt === null ? isNull(apiKeys.revokedAt) : eq(apiKeys.revokedAt, key.revokedAt);
  await drizzle(db)
    .update(apiKeys)
    .set({ syncedAt: now })
    .where(and(eq(apiKeys.keyId, key.keyId), revocation));
}

/**
 * Claims and returns keys that their Keyring has not confirmed, and that no sweep tried since `triedBefore`, with
 * the region and plan to send along. Changes that were never tried are first.
 */
export async function claimUnsyncedKeys(
  db: D1Database,
  { now, triedBefore }: { now: number; triedBefore: number },
  limit: number,
): Promise<{ key: ApiKeyRow; region: Region; plan: PlanStatus }[]> {
  const database = drizzle(db);
  const unsynced = sql`SELECT key_id FROM api_keys
    WHERE synced_at IS NULL AND coalesce(sync_tried_at, 0) <= ${triedBefore}
    ORDER BY sync_tried_at, created_at LIMIT ${limit}`;
  const claimed = await database
    .update(apiKeys)
    .set({ syncTriedAt: now })
    .where(sql`key_id IN (${unsynced})`)
    .returning({ keyId: apiKeys.keyId });
  if (claimed.length === 0) return [];
  const keyIds = JSON.stringify(claimed.map(({ keyId }) => keyId));
  return database
    .select({ key: apiKeys, region: projects.region, plan: accounts.planStatus })
    .from(apiKeys)
    .innerJoin(projects, eq(projects.projectId, apiKeys.projectId))
    .innerJoin(accounts, eq(accounts.accountId, projects.accountId))
    .where(sql`key_id IN (SELECT value FROM json_each(${keyIds}))`);
}

export interface KeyringAddress {
  projectId: string;
  mode: Mode;
  region: Region;
}
