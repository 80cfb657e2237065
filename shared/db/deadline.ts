import { withTimeout } from "../kit/timeout.ts";

const timeoutMs = 10_000;

/** Waits for D1 at most 10 s: its own limits are longer than any caller's patience. Throws `DependencyUnavailableError`. */
export function d1<T>(work: Promise<T>): Promise<T> {
  return withTimeout("D1", timeoutMs, work);
}
