import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import {
  claimUnsyncedKeys,
  claimUnsyncedPlans,
  type KeyringAddress,
  listProjectRegions,
  markKeySynced,
  markPlanSynced,
} from "../db/keyring-sync.ts";
import type { RuntimeEnv } from "../env.ts";
import { type Budget, workThrough } from "../sweeps/work-through.ts";
import { type KeyRecord, type KeyringPlan, keyringName } from "./keyring.ts";

/**
 * A change of a key or a plan goes to D1 first (with `synced_at` empty), then to the Keyring, then
 * `synced_at` is set. Only then does the call return. After a crash or failure in between, `synced_at` stays
 * empty and the sweep updates the Keyring.
 */

/** A change that a sweep could not send is tried again after this time. */
const syncAgainMs = 30_000;
/** A Keyring that does not answer holds up only its part of the concurrent calls, and only so long. */
const keyringTimeoutMs = 5_000;
const concurrentSyncs = 20;
const maxSyncsPerSweep = 500;

/** Sends every change that is in D1 but not yet in a Keyring, after a crash or an outage. */
export async function syncKeyrings(
  env: RuntimeEnv,
  now: number,
  budget: Budget,
): Promise<{ finished: number; failed: number }> {
  let finished = 0;
  let failed = 0;
  const claim = { now, triedBefore: now - syncAgainMs };
  const keys = await claimUnsyncedKeys(env.DB, claim, maxSyncsPerSweep);
  const plans = await claimUnsyncedPlans(env.DB, claim, maxSyncsPerSweep);
  const changes: { what: string; send: () => Promise<void> }[] = [
    ...keys.map(({ key, region, plan }) => ({
      what: key.keyId,
      send: () => syncKey(env, key, { ...key, region }, plan, now),
    })),
    ...plans.map(({ accountId, plan }) => ({
      what: accountId,
      send: () => syncPlan(env, accountId, plan, now),
    })),
  ];
  await workThrough(changes, { ...budget, concurrency: concurrentSyncs }, async ({ what, send }) => {
    try {
      await withTimeout("Keyring", keyringTimeoutMs, send());
      finished++;
    } catch (error) {
      failed++;
      log("error", "keyring.sync_failed", { what, error: errorMessage(error) });
    }
  });
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
