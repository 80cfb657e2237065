import { type ApiKeyRow, readKey } from "../../../shared/db/api-keys.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { readProjectWithPlan } from "../db/accounts.ts";
import { insertKeySuccessor } from "../db/api-keys.ts";
import type { RuntimeEnv } from "../env.ts";
import { buildKey, type NewApiKey } from "./create-key.ts";
import { syncKey } from "./sync-keyrings.ts";

/**
 * Creates a new key with the same name and expiry. The old key stays valid for `overlapMs`. Returns `null` if the new id
 * exists.
 */
export async function rotateKey(
  env: RuntimeEnv,
  old: ApiKeyRow,
  { newKeyId, overlapMs }: { newKeyId: string; overlapMs: number },
  now: number,
  actor: Actor,
): Promise<(NewApiKey & { oldExpiresAt: number }) | null> {
  const { projectId, mode, name, keyId: oldKeyId } = old;
  const project = await readProjectWithPlan(env.DB, projectId);
  // A successor keeps every limit of its predecessor: rotating a key that expires must not make one that never does.
  const successor = { name, expiresAt: old.expiresAt, keyId: newKeyId };
  const { apiKey, row } = buildKey({ ...project, mode }, successor, now);
  const oldExpiresAt = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs);
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "api_key.rotate",
    target: oldKeyId,
    projectId,
    mode,
    before: { expiresAt: old.expiresAt },
    after: {
      expiresAt: oldExpiresAt,
      successor: row.keyId,
      successorExpiresAt: row.expiresAt,
      hint: row.hint,
    },
  };
  const expiring = { keyId: oldKeyId, expiresAt: oldExpiresAt };
  if (!(await insertKeySuccessor(env.DB, row, expiring, audit))) return null;
  const address = { projectId, mode, region: project.region };
  await syncKey(env, row, address, project, now);
  const oldKey = await readKey(env.DB, oldKeyId);
  if (oldKey !== null) await syncKey(env, oldKey, address, project, now);
  return { keyId: row.keyId, apiKey, oldExpiresAt };
}
