import { type ApiKeyParts, parseApiKey } from "../../../shared/kit/api-key.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { timeouts } from "../timeouts.ts";
import { type KeyEntry, keyringName } from "./keyring.ts";

/** Page 1 promises that a revoked key stops within 5 s everywhere: no entry is used longer after it was asked for. */
const lifetimeMs = 5_000;
const maxKeys = 10_000;

/** What a key says of itself, and what its Keyring knows of it. */
export interface KnownKey extends ApiKeyParts {
  entry: KeyEntry;
}

interface CachedKey extends KnownKey {
  askedAt: number;
}

/**
 * By the key as it was presented: that a warm key needs neither its checksum nor its hash again is a tenth of a check. Only
 * keys that their Keyring knows are in it.
 */
const cache = new Map<string, CachedKey>();

/**
 * The presented key from this isolate's memory, else from its Keyring; `null` when it is malformed or unknown. Form and
 * checksum come before any I/O.
 *
 * The lifetime is counted from before the Keyring was asked, on the machine's clock, so that an answer which was slow
 * to come does not live longer.
 */
export async function findKey(env: RuntimeEnv, presented: string): Promise<KnownKey | null> {
  const askedAt = Date.now();
  const known = cache.get(presented);
  if (known !== undefined && askedAt - known.askedAt < lifetimeMs) return known;
  cache.delete(presented);
  const key = parseApiKey(presented);
  if (key === null) return null;
  const id = env.KEYRING.idFromName(keyringName(key.projectId, key.mode));
  const found = env.KEYRING.get(id, { locationHint: key.region }).find(key.hash);
  const entry = await withTimeout("Keyring", timeouts.keyLookup, found);
  if (entry === null) return null;
  if (cache.size >= maxKeys) cache.clear();
  const asked = { ...key, entry, askedAt };
  cache.set(presented, asked);
  return asked;
}
