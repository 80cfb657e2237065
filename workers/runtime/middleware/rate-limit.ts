import type { KeyEntry } from "../keyring/keyring.ts";
import { RequestRefused } from "../reply.ts";

const windowMs = 10_000;

interface Window {
  startedAt: number;
  count: number;
}

const windows = new Map<string, Window>();

/**
 * Counts one request of the key in a fixed window of 10 s and refuses it above the key's limit.
 *
 * Counted in this isolate, on the machine's clock: a check must not cost a hop to be counted. A key whose traffic
 * spreads over several isolates gets its limit in each of them.
 */
export function countRequest({ keyId, rateLimit }: KeyEntry): void {
  const now = Date.now();
  let window = windows.get(keyId);
  if (window === undefined || now - window.startedAt >= windowMs) {
    if (windows.size > 10_000) windows.clear();
    window = { startedAt: now, count: 0 };
    windows.set(keyId, window);
  }
  window.count++;
  if (window.count <= rateLimit) return;
  const seconds = Math.max(1, Math.ceil((window.startedAt + windowMs - now) / 1_000));
  throw new RequestRefused("rate_limited", `This key made more than ${rateLimit} requests in 10 seconds.`, {
    headers: {
      "Retry-After": String(seconds),
      RateLimit: `"default";r=0;t=${seconds}`,
      "RateLimit-Policy": `"default";q=${rateLimit};w=${windowMs / 1_000}`,
    },
  });
}
