import type { ApiKeyParts } from "../../../shared/kit/api-key.ts";
import { withDeadline } from "../../../shared/kit/deadline.ts";
import { keyTimeoutMs } from "../budget.ts";
import type { RuntimeEnv } from "../env.ts";
import { type KeyEntry, keyringName } from "./keyring.ts";

/** Page 1 promises that a revoked key stops within 5 s everywhere: no entry is used longer after it was asked for. */
const lifetimeMs = 5_000;
const maxEntries = 10_000;

interface CachedKey {
  entry: KeyEntry;
  askedAt: number;
}

const cache = new Map<string, CachedKey>();

/**
 * The key's entry from this isolate's memory, else from its Keyring. Unknown keys are not remembered.
 *
 * The lifetime is counted from before the Keyring was asked, on the machine's clock, so that an answer which was slow
 * to come does not live longer.
 */
export async function findKey(env: RuntimeEnv, key: ApiKeyParts): Promise<KeyEntry | null> {
  const askedAt = Date.now();
  const known = cache.get(key.hash);
  if (known !== undefined && askedAt - known.askedAt < lifetimeMs) return known.entry;
  cache.delete(key.hash);
  const id = env.KEYRING.idFromName(keyringName(key.projectId, key.mode));
  const found = env.KEYRING.get(id, { locationHint: key.region }).find(key.hash);
  const entry = await withDeadline("the project's Keyring", keyTimeoutMs, found);
  if (entry === null) return null;
  if (cache.size >= maxEntries) cache.clear();
  cache.set(key.hash, { entry, askedAt });
  return entry;
}
