import type { Mode, PlanStatus } from "../../../shared/contract/enums.ts";
import { type ApiKeyRow, readKey } from "../../../shared/db/api-keys.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { formatApiKeyHint, generateApiKey } from "../../../shared/kit/api-key.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import {
  claimUnsyncedPlans,
  listProjectRegions,
  markPlanSynced,
  readProjectWithPlan,
  writePlan,
} from "../db/accounts.ts";
import {
  claimUnsyncedKeys,
  insertKey,
  insertKeySuccessor,
  type KeyringAddress,
  markKeyRevoked,
  markKeySynced,
} from "../db/api-keys.ts";
import type { RuntimeEnv } from "../env.ts";
import { type Budget, workThrough } from "../sweeps/work-through.ts";
import { type KeyRecord, keyringName } from "./keyring.ts";

/**
 * A change of a key or a plan goes to D1 first (with `synced_at` empty), then to the Keyring, then
 * `synced_at` is set. Only then does the call return. After a crash or failure in between, `synced_at` stays
 * empty and the sweep updates the Keyring.
 */

export interface NewApiKey {
  keyId: string;
  /** The plain key. It is shown once and never stored. */
  apiKey: string;
}

export interface KeyRequest {
  name: string;
  expiresAt: number | null;
  /**
   * Chosen by the form, so that a form submitted twice creates one key. Without it, every call creates a new
   * key.
   */
  keyId?: string;
}

/**
 * Creates a key. Returns `null` if a key with this id exists: its form was already submitted, and a key is
 * shown only once.
 */
export async function createApiKey(
  env: RuntimeEnv,
  projectId: string,
  mode: Mode,
  request: KeyRequest,
  now: number,
  actor: Actor | null = null,
): Promise<NewApiKey | null> {
  const project = await readExistingProject(env, projectId);
  const { apiKey, row } = buildKey({ ...project, mode }, request, now);
  const { keyId, name, expiresAt, hint } = row;
  const audit: AuditEntry | null = actor && {
    actor,
    at: now,
    action: "api_key.create",
    target: keyId,
    projectId,
    mode,
    after: { name, expiresAt, hint },
  };
  if (!(await insertKey(env.DB, row, audit))) return null;
  await syncKey(env, row, { projectId, mode, region: project.region }, project.plan, now);
  return { keyId, apiKey };
}

/**
 * Creates a new key with the same name. The old key stays valid for `overlapMs`. Returns `null` if the new id
 * exists.
 */
export async function rotateApiKey(
  env: RuntimeEnv,
  old: ApiKeyRow,
  { newKeyId, overlapMs }: { newKeyId: string; overlapMs: number },
  now: number,
  actor: Actor,
): Promise<(NewApiKey & { oldExpiresAt: number }) | null> {
  const { projectId, mode, name, keyId: oldKeyId } = old;
  const project = await readExistingProject(env, projectId);
  const { apiKey, row } = buildKey({ ...project, mode }, { name, expiresAt: null, keyId: newKeyId }, now);
  const oldExpiresAt = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, now + overlapMs);
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "api_key.rotate",
    target: oldKeyId,
    projectId,
    mode,
    before: { expiresAt: old.expiresAt },
    after: { expiresAt: oldExpiresAt, successor: row.keyId, hint: row.hint },
  };
  const expiring = { keyId: oldKeyId, expiresAt: oldExpiresAt };
  if (!(await insertKeySuccessor(env.DB, row, expiring, audit))) return null;
  const address = { projectId, mode, region: project.region };
  await syncKey(env, row, address, project.plan, now);
  const oldKey = await readKey(env.DB, oldKeyId);
  if (oldKey !== null) await syncKey(env, oldKey, address, project.plan, now);
  return { keyId: row.keyId, apiKey, oldExpiresAt };
}

export async function revokeApiKey(
  env: RuntimeEnv,
  keyId: string,
  now: number,
  audit: AuditEntry | null = null,
): Promise<{ revokedAt: number }> {
  const key = await markKeyRevoked(env.DB, keyId, now, audit);
  if (key === null) throw new Error(`No API key ${keyId}`);
  const project = await readExistingProject(env, key.projectId);
  await syncKey(env, key, { ...key, region: project.region }, project.plan, now);
  return { revokedAt: key.revokedAt ?? now };
}

async function readExistingProject(env: RuntimeEnv, projectId: string) {
  const project = await readProjectWithPlan(env.DB, projectId);
  if (project === null) throw new Error(`No project ${projectId}`);
  return project;
}

function buildKey(
  { projectId, mode, region }: KeyringAddress,
  { name, expiresAt, keyId }: KeyRequest,
  now: number,
): { apiKey: string; row: ApiKeyRow } {
  const apiKey = generateApiKey(mode, region, projectId);
  const row: ApiKeyRow = {
    keyId: keyId ?? newId("key", now),
    projectId,
    mode,
    name,
    keyHash: sha256Hex(apiKey),
    hint: formatApiKeyHint(apiKey),
    createdAt: now,
    expiresAt,
    revokedAt: null,
    syncedAt: null,
    syncTriedAt: null,
    lastUsedAt: null,
  };
  return { apiKey, row };
}

export async function setPlanStatus(
  env: RuntimeEnv,
  accountId: string,
  plan: PlanStatus,
  now: number,
  audit: AuditEntry | null = null,
): Promise<void> {
  await writePlan(env.DB, accountId, plan, now, audit);
  await syncPlan(env, accountId, plan, now);
}

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

async function syncKey(
  env: RuntimeEnv,
  key: ApiKeyRow,
  address: KeyringAddress,
  plan: PlanStatus,
  now: number,
): Promise<void> {
  await putIntoKeyring(env, address, [key], plan);
  await markKeySynced(env.DB, key, now);
}

async function syncPlan(env: RuntimeEnv, accountId: string, plan: PlanStatus, now: number): Promise<void> {
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
