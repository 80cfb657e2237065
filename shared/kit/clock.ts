import type { DevService } from "./dev-service.ts";

/**
 * Returns the current time in milliseconds since 1970. In production it is the machine's clock, returned
 * synchronously. In development the gateway provides the offset by which the clock was moved.
 */
export function currentTime(dev: DevService | undefined): number | Promise<number> {
  return dev === undefined ? Date.now() : dev.clockOffsetMs().then((offsetMs) => Date.now() + offsetMs);
}
