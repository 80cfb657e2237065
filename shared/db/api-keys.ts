import { and, desc, eq, isNull, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode, PlanStatus, Region } from "../contract/words.ts";
import { type AuditEntry, auditIfChanged } from "./audit.ts";
import { accounts, apiKeys, projects } from "./tables/configuration.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Returns a project with its account's plan, which a Keyring holds in addition to the keys. */
export async function readProjectWithPlan(db: D1Database, projectId: string) {
  const rows = await drizzle(db)
    .select({
      projectId: projects.projectId,
      accountId: projects.accountId,
      region: projects.region,
      plan: accounts.planStatus,
    })
    .from(projects)
    .innerJoin(accounts, eq(accounts.accountId, projects.accountId))
    .where(eq(projects.projectId, projectId));
  return rows[0] ?? null;
}

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
      .set({ expiresAt: old.expiresAt, syncedAt: null })
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

export async function readKey(db: D1Database, keyId: string): Promise<ApiKeyRow | null> {
  const rows = await drizzle(db).select().from(apiKeys).where(eq(apiKeys.keyId, keyId));
  return rows[0] ?? null;
}

/** Returns a page of keys, newest first, older than the key `before`. */
export async function listKeys(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  before: string | undefined,
  limit: number,
): Promise<ApiKeyRow[]> {
  return drizzle(db)
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.projectId, projectId),
        eq(apiKeys.mode, mode),
        before === undefined ? undefined : lt(apiKeys.keyId, before),
      ),
    )
    .orderBy(desc(apiKeys.keyId))
    .limit(limit);
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
      .set({ revokedAt: now, syncedAt: null })
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

/** Returns keys that their Keyring has not confirmed, with the region and plan to send along. */
export async function listUnsyncedKeys(
  db: D1Database,
  limit: number,
): Promise<{ key: ApiKeyRow; region: Region; plan: PlanStatus }[]> {
  return drizzle(db)
    .select({ key: apiKeys, region: projects.region, plan: accounts.planStatus })
    .from(apiKeys)
    .innerJoin(projects, eq(projects.projectId, apiKeys.projectId))
    .innerJoin(accounts, eq(accounts.accountId, projects.accountId))
    .where(isNull(apiKeys.syncedAt))
    .limit(limit);
}

export async function writePlan(
  db: D1Database,
  accountId: string,
  plan: PlanStatus,
  now: number,
  audit: AuditEntry | null,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(accounts)
      .set({ planStatus: plan, planSyncedAt: null, updatedAt: now })
      .where(eq(accounts.accountId, accountId)),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
}

export async function markPlanSynced(
  db: D1Database,
  accountId: string,
  plan: PlanStatus,
  now: number,
): Promise<void> {
  await drizzle(db)
    .update(accounts)
    .set({ planSyncedAt: now })
    .where(and(eq(accounts.accountId, accountId), eq(accounts.planStatus, plan)));
}

/** Returns accounts with a plan that at least one Keyring has not confirmed. */
export async function listUnsyncedPlans(db: D1Database, limit: number) {
  return drizzle(db)
    .select({ accountId: accounts.accountId, plan: accounts.planStatus })
    .from(accounts)
    .where(isNull(accounts.planSyncedAt))
    .limit(limit);
}

/**
 * Returns the projects of an account with their regions, to address its Keyrings: one per project and mode.
 */
export async function listProjectRegions(
  db: D1Database,
  accountId: string,
): Promise<{ projectId: string; region: Region }[]> {
  return drizzle(db)
    .select({ projectId: projects.projectId, region: projects.region })
    .from(projects)
    .where(eq(projects.accountId, accountId));
}

export interface KeyringAddress {
  projectId: string;
  mode: Mode;
  region: Region;
}
