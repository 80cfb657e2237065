import { and, eq, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { PlanStatus, Region } from "../../../shared/contract/enums.ts";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { accounts, projects } from "../../../shared/db/tables/configuration.ts";
import type { KeyringPlan } from "../keys/keyring.ts";

/** The plan of an account as its Keyrings hold it. */
export const planColumns = { status: accounts.planStatus, version: accounts.planVersion };

/** Returns a project with its account's plan, which a Keyring holds in addition to the keys. */
export async function readProjectWithPlan(db: D1Database, projectId: string) {
  const rows = await drizzle(db)
    .select({
      projectId: projects.projectId,
      accountId: projects.accountId,
      region: projects.region,
      plan: planColumns,
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
      .set({
        planStatus: plan,
        planVersion: sql`${accounts.planVersion} + 1`,
        planSyncedAt: null,
        updatedAt: now,
      })
      .where(eq(accounts.accountId, accountId)),
    ...(audit === null ? [] : [auditIfChanged(database, audit)]),
  ]);
}

export async function readPlan(db: D1Database, accountId: string): Promise<KeyringPlan> {
  const [plan] = await drizzle(db)
    .select(planColumns)
    .from(accounts)
    .where(eq(accounts.accountId, accountId));
  if (plan === undefined) throw new Error(`No account ${accountId}`);
  return plan;
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
