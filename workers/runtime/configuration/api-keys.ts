import type { Mode, PlanStatus } from "../../../shared/contract/words.ts";
import {
  type ApiKeyRow,
  insertKey,
  type KeyringAddress,
  markKeySynced,
  markPlanSynced,
  markRevoked,
  projectsOf,
  readProject,
  unsyncedKeys,
  unsyncedPlans,
  writePlan,
} from "../../../shared/db/api-keys.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { apiKeyHint, newApiKey } from "../../../shared/kit/api-key.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { RuntimeEnv } from "../env.ts";
import { type KeyRecord, keyringName } from "../keyring/keyring.ts";

/**
 * Keys and plan are in D1 first (with `synced_at` empty), then in the Keyring, then `synced_at` is set; only then is it
 * said to be done. A crash or failure in between leaves an empty `synced_at`, and the sweep tells the Keyring.
 */

export interface NewApiKey {
  keyId: string;
  /** The key itself. It is shown once and stored nowhere. */
  apiKey: string;
}

export async function createApiKey(
  env: RuntimeEnv,
  projectId: string,
  mode: Mode,
  { name, expiresAt }: { name: string; expiresAt: number | null },
  now: number,
): Promise<NewApiKey> {
  const project = await d1(readProject(env.DB, projectId));
  if (project === null) throw new Error(`There is no project ${projectId}`);
  const apiKey = newApiKey(mode, project.region, projectId);
  const key: ApiKeyRow = {
    keyId: newId("key", now),
    projectId,
    mode,
    name,
    keyHash: sha256Hex(apiKey),
    hint: apiKeyHint(apiKey),
    createdAt: now,
    expiresAt,
    revokedAt: null,
    syncedAt: null,
  };
  await d1(insertKey(env.DB, key));
  await syncKey(env, key, { projectId, mode, region: project.region }, project.plan, now);
  return { keyId: key.keyId, apiKey };
}

export async function revokeApiKey(
  env: RuntimeEnv,
  keyId: string,
  now: number,
): Promise<{ revokedAt: number }> {
  const key = await d1(markRevoked(env.DB, keyId, now));
  if (key === null) throw new Error(`There is no key ${keyId}`);
  const project = await d1(readProject(env.DB, key.projectId));
  if (project === null) throw new Error(`There is no project ${key.projectId}`);
  await syncKey(env, key, { ...key, region: project.region }, project.plan, now);
  return { revokedAt: key.revokedAt ?? now };
}

export async function setPlanStatus(
  env: RuntimeEnv,
  accountId: string,
  plan: PlanStatus,
  now: number,
): Promise<void> {
  await d1(writePlan(env.DB, accountId, plan, now));
  await syncPlan(env, accountId, plan, now);
}

/** Finishes what a crash or an outage left between D1 and the Keyrings. */
export async function syncKeyrings(
  env: RuntimeEnv,
  now: number,
): Promise<{ finished: number; failed: number }> {
  let finished = 0;
  let failed = 0;
  const attempt = async (what: string, work: Promise<void>) => {
    try {
      await work;
      finished++;
    } catch (error) {
      failed++;
      log("error", "keyring.sync_failed", { what, error: errorMessage(error) });
    }
  };
  for (const { key, region, plan } of await d1(unsyncedKeys(env.DB, 100)))
    await attempt(key.keyId, syncKey(env, key, { ...key, region }, plan, now));
  for (const { accountId, plan } of await d1(unsyncedPlans(env.DB, 100)))
    await attempt(accountId, syncPlan(env, accountId, plan, now));
  return { finished, failed };
}

async function syncKey(
  env: RuntimeEnv,
  key: ApiKeyRow,
  address: KeyringAddress,
  plan: PlanStatus,
  now: number,
): Promise<void> {
  await putIntoKeyring(env, address, [key], plan);
  await d1(markKeySynced(env.DB, key, now));
}

async function syncPlan(env: RuntimeEnv, accountId: string, plan: PlanStatus, now: number): Promise<void> {
  for (const { projectId, region } of await d1(projectsOf(env.DB, accountId))) {
    await putIntoKeyring(env, { projectId, mode: "test", region }, [], plan);
    await putIntoKeyring(env, { projectId, mode: "live", region }, [], plan);
  }
  await d1(markPlanSynced(env.DB, accountId, plan, now));
}

async function putIntoKeyring(
  env: RuntimeEnv,
  { projectId, mode, region }: KeyringAddress,
  keys: KeyRecord[],
  plan: PlanStatus,
): Promise<void> {
  const id = env.KEYRING.idFromName(keyringName(projectId, mode));
  const records = keys.map(({ keyId, keyHash, expiresAt, revokedAt }) => ({
    keyId,
    keyHash,
    expiresAt,
    revokedAt,
  }));
  await env.KEYRING.get(id, { locationHint: region }).put(records, plan);
}
