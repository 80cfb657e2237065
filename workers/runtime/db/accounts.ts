import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { PlanStatus } from "../../../shared/contract/enums.ts";
import { type AuditEntry, auditIfChanged, optionalAudit } from "../../../shared/db/audit.ts";
import { accounts, projects } from "../../../shared/db/tables/configuration.ts";
import type { KeyringPlan } from "../keys/keyring.ts";
import { nextKeyringVersion } from "./keyring-version.ts";

/** The plan of an account as its Keyrings hold it. */
export const planColumns = { status: accounts.planStatus, version: accounts.planVersion };

/** The rate limit of a project as its Keyrings hold it. */
export const limitColumns = { requests: projects.rateLimit, version: projects.rateLimitVersion };

/** Returns a project with what a Keyring holds in addition to the keys. Throws if unknown. */
export async function readProjectWithPlan(db: D1Database, projectId: string) {
  const [project] = await drizzle(db)
    .select({
      projectId: projects.projectId,
      accountId: projects.accountId,
      region: projects.region,
      plan: planColumns,
      limit: limitColumns,
    })
    .from(projects)
    .innerJoin(accounts, eq(accounts.accountId, projects.accountId))
    .where(eq(projects.projectId, projectId));
  if (project === undefined) throw new Error(`No project ${projectId}`);
  return project;
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
        planVersion: nextKeyringVersion(accounts.planVersion, now),
        planSyncedAt: null,
        planSyncTriedAt: null,
        updatedAt: now,
      })
      .where(eq(accounts.accountId, accountId)),
    ...optionalAudit(database, audit),
  ]);
}

export async function writeRateLimit(
  db: D1Database,
  projectId: string,
  rateLimit: number,
  now: number,
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(projects)
      .set({
        rateLimit,
        rateLimitVersion: nextKeyringVersion(projects.rateLimitVersion, now),
        rateLimitSyncedAt: null,
        rateLimitSyncTriedAt: null,
      })
      .where(eq(projects.projectId, projectId)),
    auditIfChanged(database, audit),
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
