import { type ApiKeyParts, parseApiKey } from "../../../shared/kit/api-key.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { timeouts } from "../timeouts.ts";
import { type KeyEntry, keyringName } from "./keyring.ts";

/** A revoked key must stop working everywhere within 5 s, so no entry is used longer than that. */
const lifetimeMs = 5_000;
const maxKeys = 10_000;

/** The parsed parts of a key, and its entry in the Keyring. */
export interface KnownKey extends ApiKeyParts {
  entry: KeyEntry;
}

interface CachedKey extends KnownKey {
  requestedAt: number;
}

/**
 * Cached keys by the presented string. A cached key needs no checksum and no hash, which saves a tenth of a
 * check. Contains only keys that their Keyring knows.
 */
const cache = new Map<string, CachedKey>();

/**
 * Finds the presented key in this isolate's memory, else in its Keyring. Returns `null` if it is malformed or
 * unknown. Checks format and checksum before any I/O.
 *
 * The lifetime of an entry starts before the call to the Keyring, on the machine clock, so that a slow
 * response does not extend it.
 */
export async function findKey(env: RuntimeEnv, presented: string): Promise<KnownKey | null> {
  const requestedAt = Date.now();
  const known = cache.get(presented);
  if (known !== undefined && requestedAt - known.requestedAt < lifetimeMs) return known;
  cache.delete(presented);
  const key = parseApiKey(presented);
  if (key === null) return null;
  const id = env.KEYRING.idFromName(keyringName(key.projectId, key.mode));
  const found = env.KEYRING.get(id, { locationHint: key.region }).find(key.hash);
  const entry = await withTimeout("Keyring", timeouts.keyLookup, found);
  if (entry === null) return null;
  if (cache.size >= maxKeys) cache.clear();
  const fresh = { ...key, entry, requestedAt };
  cache.set(presented, fresh);
  return fresh;
}
