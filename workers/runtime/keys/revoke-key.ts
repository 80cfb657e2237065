import type { AuditEntry } from "../../../shared/db/audit.ts";
import { readProjectWithPlan } from "../db/accounts.ts";
import { markKeyRevoked } from "../db/api-keys.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncKey } from "./sync-keyrings.ts";

/** Revokes a key. When it returns, the key stops working everywhere within 5 s. */
export async function revokeKey(
  env: RuntimeEnv,
  keyId: string,
  now: number,
  audit: AuditEntry | null = null,
): Promise<{ revokedAt: number }> {
  const key = await markKeyRevoked(env.DB, keyId, now, audit);
  if (key === null) throw new Error(`No API key ${keyId}`);
  const project = await readProjectWithPlan(env.DB, key.projectId);
  await syncKey(env, key, { ...key, region: project.region }, project, now);
  return { revokedAt: key.revokedAt ?? now };
}
