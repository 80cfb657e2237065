import type { Mode } from "../../../shared/contract/enums.ts";
import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { formatApiKeyHint, generateApiKey } from "../../../shared/kit/api-key.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { readProjectWithPlan } from "../db/accounts.ts";
import { insertKey } from "../db/api-keys.ts";
import type { KeyringAddress } from "../db/keyring-sync.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncKey } from "./sync-keyrings.ts";

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
export async function createKey(
  env: RuntimeEnv,
  projectId: string,
  mode: Mode,
  request: KeyRequest,
  now: number,
  actor: Actor | null = null,
): Promise<NewApiKey | null> {
  const project = await readProjectWithPlan(env.DB, projectId);
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
  await syncKey(env, row, { projectId, mode, region: project.region }, project, now);
  return { keyId, apiKey };
}

/** Builds a new key and the row that stores its hash. */
export function buildKey(
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
    version: now,
    syncedAt: null,
    syncTriedAt: null,
    lastUsedAt: null,
  };
  return { apiKey, row };
}
