import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode, Region } from "../../../shared/contract/enums.ts";
import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { accounts, apiKeys, projects } from "../../../shared/db/tables/configuration.ts";
import type { KeyringPlan } from "../keys/keyring.ts";
import { planColumns } from "./accounts.ts";

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

/** Returns keys that their Keyring has not confirmed, with the region and plan to send along. */
export async function listUnsyncedKeys(
  db: D1Database,
  limit: number,
): Promise<{ key: ApiKeyRow; region: Region; plan: KeyringPlan }[]> {
  return drizzle(db)
    .select({ key: apiKeys, region: projects.region, plan: planColumns })
    .from(apiKeys)
    .innerJoin(projects, eq(projects.projectId, apiKeys.projectId))
    .innerJoin(accounts, eq(accounts.accountId, projects.accountId))
    .where(isNull(apiKeys.syncedAt))
    .limit(limit);
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

/** Returns accounts with a plan that at least one Keyring has not confirmed. */
export async function listUnsyncedPlans(db: D1Database, limit: number) {
  return drizzle(db)
    .select({ accountId: accounts.accountId, plan: planColumns })
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
