import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode, Region } from "../../../shared/contract/enums.ts";
import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { accounts, apiKeys, projects } from "../../../shared/db/tables/configuration.ts";
import type { KeyringLimit, KeyringPlan, KeyringSettings } from "../keys/keyring.ts";
import { limitColumns, planColumns } from "./accounts.ts";

export interface KeyringAddress {
  projectId: string;
  mode: Mode;
  region: Region;
}

export async function markKeySynced(db: D1Database, key: ApiKeyRow, now: number): Promise<void> {
  // Only the version that the Keyring received: a change made in between must still be sent.
  await drizzle(db)
    .update(apiKeys)
    .set({ syncedAt: now })
    .where(and(eq(apiKeys.keyId, key.keyId), eq(apiKeys.version, key.version)));
}

/**
 * Claims and returns keys that their Keyring has not confirmed, and that no sweep tried since `triedBefore`, with
 * the region, plan and rate limit to send along. Changes that were never tried are first, oldest first: a version is the time of
 * its change (`keyring-version.ts`).
 */
export async function claimUnsyncedKeys(
  db: D1Database,
  { now, triedBefore }: { now: number; triedBefore: number },
  limit: number,
): Promise<({ key: ApiKeyRow; region: Region } & KeyringSettings)[]> {
  const database = drizzle(db);
  const unsynced = sql`SELECT key_id FROM api_keys
    WHERE synced_at IS NULL AND coalesce(sync_tried_at, 0) <= ${triedBefore}
    ORDER BY sync_tried_at, version LIMIT ${limit}`;
  const claimed = await database
    .update(apiKeys)
    .set({ syncTriedAt: now })
    .where(sql`key_id IN (${unsynced})`)
    .returning({ keyId: apiKeys.keyId });
  if (claimed.length === 0) return [];
  const keyIds = JSON.stringify(claimed.map(({ keyId }) => keyId));
  return database
    .select({ key: apiKeys, region: projects.region, plan: planColumns, limit: limitColumns })
    .from(apiKeys)
    .innerJoin(projects, eq(projects.projectId, apiKeys.projectId))
    .innerJoin(accounts, eq(accounts.accountId, projects.accountId))
    .where(sql`key_id IN (SELECT value FROM json_each(${keyIds}))`);
}

/** Confirms this version of the plan; a newer one stays unconfirmed. */
export async function markPlanSynced(
  db: D1Database,
  accountId: string,
  { version }: KeyringPlan,
  now: number,
): Promise<void> {
  await drizzle(db)
    .update(accounts)
    .set({ planSyncedAt: now })
    .where(and(eq(accounts.accountId, accountId), eq(accounts.planVersion, version)));
}

/**
 * Claims and returns accounts with a plan that at least one Keyring has not confirmed, and that no sweep tried
 * since `triedBefore`. Changes that were never tried are first, oldest first.
 */
export async function claimUnsyncedPlans(
  db: D1Database,
  { now, triedBefore }: { now: number; triedBefore: number },
  limit: number,
): Promise<{ accountId: string; plan: KeyringPlan }[]> {
  const unsynced = sql`SELECT account_id FROM accounts
    WHERE plan_synced_at IS NULL AND coalesce(plan_sync_tried_at, 0) <= ${triedBefore}
    ORDER BY plan_sync_tried_at, plan_version LIMIT ${limit}`;
  const claimed = await drizzle(db)
    .update(accounts)
    .set({ planSyncTriedAt: now })
    .where(sql`account_id IN (${unsynced})`)
    .returning({ accountId: accounts.accountId, ...planColumns });
  return claimed.map(({ accountId, ...plan }) => ({ accountId, plan }));
}

/**
 * Returns the projects of an account with their regions, to address its Keyrings: one per project and mode; and with
 * their rate limits.
 */
export async function listProjectRegions(
  db: D1Database,
  accountId: string,
): Promise<{ projectId: string; region: Region; limit: KeyringLimit }[]> {
  return drizzle(db)
    .select({ projectId: projects.projectId, region: projects.region, limit: limitColumns })
    .from(projects)
    .where(eq(projects.accountId, accountId));
}

/** Confirms this version of the rate limit; a newer one stays unconfirmed. */
export async function markRateLimitSynced(
  db: D1Database,
  projectId: string,
  { version }: KeyringLimit,
  now: number,
): Promise<void> {
  await drizzle(db)
    .update(projects)
    .set({ rateLimitSyncedAt: now })
    .where(and(eq(projects.projectId, projectId), eq(projects.rateLimitVersion, version)));
}

/** Claims and returns projects with a rate limit that a Keyring has not confirmed, as `claimUnsyncedPlans` does. */
export async function claimUnsyncedRateLimits(
  db: D1Database,
  { now, triedBefore }: { now: number; triedBefore: number },
  limit: number,
): Promise<{ projectId: string }[]> {
  const unsynced = sql`SELECT project_id FROM projects
    WHERE rate_limit_version > 0 AND rate_limit_synced_at IS NULL
      AND coalesce(rate_limit_sync_tried_at, 0) <= ${triedBefore}
    ORDER BY rate_limit_sync_tried_at LIMIT ${limit}`;
  return drizzle(db)
    .update(projects)
    .set({ rateLimitSyncTriedAt: now })
    .where(sql`project_id IN (${unsynced})`)
    .returning({ projectId: projects.projectId });
}
