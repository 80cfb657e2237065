import { vi } from "vitest";

/**
 * Waits until `check` passes, and throws its last error after `timeoutMs`. It is for states that must come about, on a busy
 * machine too: how soon they do is for the benchmark.
 */
export const eventually = (check: () => Promise<void> | void, timeoutMs = 20_000): Promise<void> =>
  vi.waitFor(check, { timeout: timeoutMs, interval: 100 });
