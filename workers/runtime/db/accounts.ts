import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { PlanStatus, Region } from "../../../shared/contract/enums.ts";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { accounts, projects } from "../../../shared/db/tables/configuration.ts";

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
      .set({ planStatus: plan, planSyncedAt: null, planSyncTriedAt: null, updatedAt: now })
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

/**
 * Claims and returns accounts with a plan that at least one Keyring has not confirmed, and that no sweep tried
 * since `triedBefore`. Changes that were never tried are first.
 */
export async function claimUnsyncedPlans(
  db: D1Database,
  { now, triedBefore }: { now: number; triedBefore: number },
  limit: number,
): Promise<{ accountId: string; plan: PlanStatus }[]> {
  const unsynced = sql`SELECT account_id FROM accounts
    WHERE plan_synced_at IS NULL AND coalesce(plan_sync_tried_at, 0) <= ${triedBefore}
    ORDER BY plan_sync_tried_at, created_at LIMIT ${limit}`;
  return drizzle(db)
    .update(accounts)
    .set({ planSyncTriedAt: now })
    .where(sql`account_id IN (${unsynced})`)
    .returning({ accountId: accounts.accountId, plan: accounts.planStatus });
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
