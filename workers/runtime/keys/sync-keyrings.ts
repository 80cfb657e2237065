import { modes } from "../../../shared/contract/enums.ts";
import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import { readProjectWithPlan } from "../db/accounts.ts";
import {
  claimUnsyncedKeys,
  claimUnsyncedPlans,
  claimUnsyncedRateLimits,
  type KeyringAddress,
  listProjectRegions,
  markKeySynced,
  markPlanSynced,
  markRateLimitSynced,
} from "../db/keyring-sync.ts";
import type { RuntimeEnv } from "../env.ts";
import { type Budget, workThrough } from "../sweeps/work-through.ts";
import { type KeyRecord, type KeyringPlan, type KeyringSettings, keyringName } from "./keyring.ts";

/**
 * A change of a key, a plan or a rate limit goes to D1 first (with `synced_at` empty), then to the Keyring, then
 * `synced_at` is set. Only then does the call return. After a crash or failure in between, `synced_at` stays
 * empty and the sweep updates the Keyring.
 */

/** A change that a sweep could not send is tried again after this time. */
const syncAgainMs = 30_000;
/** A Keyring that does not answer holds up only its part of the concurrent calls, and only so long. */
const keyringTimeoutMs = 5_000;
/** Of each kind of change: keys of a region that does not answer delay no plan. */
const concurrentSyncs = 10;
const maxSyncsPerSweep = 100;

/** Sends every change that is in D1 but not yet in a Keyring, after a crash or an outage. */
export async function syncKeyrings(
  env: RuntimeEnv,
  budget: Budget,
): Promise<{ finished: number; failed: number }> {
  const options = { ...budget, concurrency: concurrentSyncs, max: maxSyncsPerSweep };
  const counts = { finished: 0, failed: 0 };
  const send = async (what: string, sending: Promise<void>) => {
    try {
      await withTimeout("Keyring", keyringTimeoutMs, sending);
      counts.finished++;
    } catch (error) {
      counts.failed++;
      log("error", "keyring.sync_failed", { what, error: errorMessage(error) });
    }
  };
  const claimWith =
    <T extends object>(claim: ClaimChanges<T>) =>
    async (limit: number) => {
      const now = await currentTime(env.DEV);
      const claimed = await claim(env.DB, { now, triedBefore: now - syncAgainMs }, limit);
      return claimed.map((change) => ({ ...change, now }));
    };
  await Promise.all([
    workThrough(claimWith(claimUnsyncedKeys), options, ({ key, region, plan, limit, now }) =>
      send(key.keyId, syncKey(env, key, { ...key, region }, { plan, limit }, now)),
    ),
    workThrough(claimWith(claimUnsyncedPlans), options, ({ accountId, plan, now }) =>
      send(accountId, syncPlan(env, accountId, plan, now)),
    ),
    workThrough(claimWith(claimUnsyncedRateLimits), options, ({ projectId, now }) =>
      send(projectId, syncRateLimit(env, projectId, now)),
    ),
  ]);
  return counts;
}

type ClaimChanges<T> = (
  db: D1Database,
  times: { now: number; triedBefore: number },
  limit: number,
) => Promise<T[]>;

/** Sends a key to its Keyring and records in D1 that it did. */
export async function syncKey(
  env: RuntimeEnv,
  key: ApiKeyRow,
  address: KeyringAddress,
  settings: KeyringSettings,
  now: number,
): Promise<void> {
  await putIntoKeyring(env, address, [key], settings);
  await markKeySynced(env.DB, key, now);
}

/** Sends a plan to every Keyring of the account and records in D1 that it did. */
export async function syncPlan(
  env: RuntimeEnv,
  accountId: string,
  plan: KeyringPlan,
  now: number,
): Promise<void> {
  for (const { projectId, region, limit } of await listProjectRegions(env.DB, accountId))
    for (const mode of modes) await putIntoKeyring(env, { projectId, mode, region }, [], { plan, limit });
  await markPlanSynced(env.DB, accountId, plan, now);
}

/** Sends the rate limit of a project to both its Keyrings and records in D1 that it did. */
export async function syncRateLimit(env: RuntimeEnv, projectId: string, now: number): Promise<void> {
  const { region, plan, limit } = await readProjectWithPlan(env.DB, projectId);
  for (const mode of modes) await putIntoKeyring(env, { projectId, mode, region }, [], { plan, limit });
  await markRateLimitSynced(env.DB, projectId, limit, now);
}

async function putIntoKeyring(
  env: RuntimeEnv,
  { projectId, mode, region }: KeyringAddress,
  keys: KeyRecord[],
  settings: KeyringSettings,
): Promise<void> {
  const id = env.KEYRING.idFromName(keyringName(projectId, mode));
  const records = keys.map(({ keyId, keyHash, expiresAt, revokedAt, version }) => ({
    keyId,
    keyHash,
    expiresAt,
    revokedAt,
    version,
  }));
  await env.KEYRING.get(id, { locationHint: region }).put(records, settings);
}
