import type { Region } from "../../../shared/contract/enums.ts";
import { type ApiKeyParts, parseApiKey } from "../../../shared/kit/api-key.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { keyReplicaName } from "../replica/access-replica.ts";
import { timeouts } from "../timeouts.ts";
import { type KeyEntry, keyringName } from "./keyring.ts";

/** A revoked key must stop working everywhere within 5 s, so no entry is used longer than that. */
const lifetimeMs = 5_000;
/** Of an entry from a replica, which is up to 4 s old (../replica/key-leases.ts). */
const replicaLifetimeMs = 1_000;
const maxKeys = 10_000;

/** The parsed parts of a key, and its entry in the Keyring. */
export interface KnownKey extends ApiKeyParts {
  entry: KeyEntry;
}

interface CachedKey extends KnownKey {
  /** On the machine's clock. */
  usableUntil: number;
}

/**
 * Cached keys by the presented string. A cached key needs no checksum and no hash, which saves a tenth of a
 * check. Contains only keys that their Keyring knows.
 */
const cache = new Map<string, CachedKey>();

/**
 * Finds the presented key in this isolate's memory, else in its Keyring, or in the replica of the caller's region if that
 * is not the project's. Returns `null` if it is malformed or unknown. Checks format and checksum before any I/O.
 *
 * The lifetime of an entry starts before the call to the Keyring, on the machine clock, so that a slow
 * response does not extend it.
 */
export async function findKey(
  env: RuntimeEnv,
  presented: string,
  callerRegion: Region | null,
): Promise<KnownKey | null> {
  const requestedAt = Date.now();
  const known = cache.get(presented);
  if (known !== undefined && requestedAt < known.usableUntil) return known;
  cache.delete(presented);
  const key = parseApiKey(presented);
  if (key === null) return null;
  const away = callerRegion === key.region ? null : callerRegion;
  const entry =
    away === null
      ? await withTimeout("Keyring", timeouts.keyLookup, findInKeyring(env, key))
      : await withTimeout("Keyring", timeouts.keyLookupAway, findInReplica(env, key, away));
  if (entry === null) return null;
  if (cache.size >= maxKeys) cache.clear();
  const usableUntil = requestedAt + (away === null ? lifetimeMs : replicaLifetimeMs);
  const fresh = { ...key, entry, usableUntil };
  cache.set(presented, fresh);
  return fresh;
}

function findInKeyring(env: RuntimeEnv, { projectId, mode, region, hash }: ApiKeyParts) {
  const id = env.KEYRING.idFromName(keyringName(projectId, mode));
  return env.KEYRING.get(id, { locationHint: region }).find(hash);
}

function findInReplica(env: RuntimeEnv, { projectId, mode, region, hash }: ApiKeyParts, away: Region) {
  const id = env.ACCESS_REPLICA.idFromName(keyReplicaName(projectId, mode, away));
  const replica = env.ACCESS_REPLICA.get(id, { locationHint: away });
  return replica.findKey({ projectId, mode, homeRegion: region, keyHash: hash });
}
