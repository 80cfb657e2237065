import { WorkerEntrypoint } from "cloudflare:workers";

let isStopped = false;

/** Stops or restarts the clock. A stopped clock does not respond to calls. */
export function stopClock(value: boolean): void {
  isStopped = value;
}

/** Replaces the `DEV` binding: the machine's clock, which hangs its callers while it is stopped. */
export class Clock extends WorkerEntrypoint {
  async clockOffsetMs(): Promise<number> {
    return isStopped ? new Promise(() => {}) : 0;
  }
}
