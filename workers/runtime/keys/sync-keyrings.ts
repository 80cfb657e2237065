import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import {
  type KeyringAddress,
  listProjectRegions,
  listUnsyncedKeys,
  listUnsyncedPlans,
  markKeySynced,
  markPlanSynced,
} from "../db/keyring-sync.ts";
import type { RuntimeEnv } from "../env.ts";
import { type KeyRecord, type KeyringPlan, keyringName } from "./keyring.ts";

/**
 * A change of a key or a plan goes to D1 first (with `synced_at` empty), then to the Keyring, then
 * `synced_at` is set. Only then does the call return. After a crash or failure in between, `synced_at` stays
 * empty and the sweep updates the Keyring.
 */

/** Sends every change that is in D1 but not yet in a Keyring, after a crash or an outage. */
export async function syncKeyrings(
  env: RuntimeEnv,
  now: number,
): Promise<{ finished: number; failed: number }> {
  let finished = 0;
  let failed = 0;
  const count = async (what: string, work: Promise<void>) => {
    try {
      await work;
      finished++;
    } catch (error) {
      failed++;
      log("error", "keyring.sync_failed", { what, error: errorMessage(error) });
    }
  };
  for (const { key, region, plan } of await listUnsyncedKeys(env.DB, 100))
    await count(key.keyId, syncKey(env, key, { ...key, region }, plan, now));
  for (const { accountId, plan } of await listUnsyncedPlans(env.DB, 100))
    await count(accountId, syncPlan(env, accountId, plan, now));
  return { finished, failed };
}

/** Sends a key to its Keyring and records in D1 that it did. */
export async function syncKey(
  env: RuntimeEnv,
  key: ApiKeyRow,
  address: KeyringAddress,
  plan: KeyringPlan,
  now: number,
): Promise<void> {
  await putIntoKeyring(env, address, [key], plan);
  await markKeySynced(env.DB, key, now);
}

/** Sends a plan to every Keyring of the account and records in D1 that it did. */
export async function syncPlan(
  env: RuntimeEnv,
  accountId: string,
  plan: KeyringPlan,
  now: number,
): Promise<void> {
  for (const { projectId, region } of await listProjectRegions(env.DB, accountId)) {
    await putIntoKeyring(env, { projectId, mode: "test", region }, [], plan);
    await putIntoKeyring(env, { projectId, mode: "live", region }, [], plan);
  }
  await markPlanSynced(env.DB, accountId, plan, now);
}

async function putIntoKeyring(
  env: RuntimeEnv,
  { projectId, mode, region }: KeyringAddress,
  keys: KeyRecord[],
  plan: KeyringPlan,
): Promise<void> {
  const id = env.KEYRING.idFromName(keyringName(projectId, mode));
  const records = keys.map(({ keyId, keyHash, expiresAt, revokedAt, version }) => ({
    keyId,
    keyHash,
    expiresAt,
    revokedAt,
    version,
  }));
  await env.KEYRING.get(id, { locationHint: region }).put(records, plan);
}
