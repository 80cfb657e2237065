import type { AuditEntry } from "../../../shared/db/audit.ts";
import { writeRateLimit } from "../db/accounts.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncRateLimit } from "./sync-keyrings.ts";

/** Sets the rate limit of a project's keys. When it returns, it applies everywhere within 5 s. */
export async function setProjectRateLimit(
  env: RuntimeEnv,
  projectId: string,
  rateLimit: number,
  now: number,
  audit: AuditEntry,
): Promise<void> {
  await writeRateLimit(env.DB, projectId, rateLimit, now, audit);
  await syncRateLimit(env, projectId, now);
}
