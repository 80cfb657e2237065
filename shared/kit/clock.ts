import type { DevService } from "./dev-service.ts";

/**
 * The present, in milliseconds since 1970. In production it is the machine's clock and nothing is awaited; in
 * development the gateway says by how much the clock was moved.
 */
export function currentTime(dev: DevService | undefined): number | Promise<number> {
  return dev === undefined ? Date.now() : dev.clockOffsetMs().then((offsetMs) => Date.now() + offsetMs);
}
