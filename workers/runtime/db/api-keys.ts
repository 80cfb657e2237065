import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type ApiKeyRow, readKey } from "../../../shared/db/api-keys.ts";
import { type AuditEntry, auditIfChanged, optionalAudit } from "../../../shared/db/audit.ts";
import { apiKeys } from "../../../shared/db/tables/configuration.ts";
import { nextKeyringVersion } from "./keyring-version.ts";

/** Inserts the key. Returns whether it is new: a form submitted twice carries the same key id. */
export async function insertKey(
  db: D1Database,
  row: typeof apiKeys.$inferInsert,
  audit: AuditEntry | null,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database.insert(apiKeys).values(row).onConflictDoNothing(),
    ...optionalAudit(database, audit),
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
      .set({
        expiresAt: old.expiresAt,
        version: nextKeyringVersion(apiKeys.version, audit.at),
        syncedAt: null,
        syncTriedAt: null,
      })
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
      .set({
        revokedAt: now,
        version: nextKeyringVersion(apiKeys.version, now),
        syncedAt: null,
        syncTriedAt: null,
      })
      .where(and(eq(apiKeys.keyId, keyId), isNull(apiKeys.revokedAt))),
    ...optionalAudit(database, audit),
  ]);
  return readKey(db, keyId);
}
