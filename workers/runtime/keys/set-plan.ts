import type { PlanStatus } from "../../../shared/contract/enums.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { readPlan, writePlan } from "../db/accounts.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncPlan } from "./sync-keyrings.ts";

/** Sets the plan of an account, which every Keyring of its projects stores. */
export async function setPlanStatus(
  env: RuntimeEnv,
  accountId: string,
  plan: PlanStatus,
  now: number,
  audit: AuditEntry | null = null,
): Promise<void> {
  await writePlan(env.DB, accountId, plan, now, audit);
  await syncPlan(env, accountId, await readPlan(env.DB, accountId), now);
}
