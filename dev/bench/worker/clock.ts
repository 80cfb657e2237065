import { WorkerEntrypoint } from "cloudflare:workers";

let isStopped = false;

/** Stops or restarts the clock. A stopped clock does not respond to calls. */
export function stopClock(value: boolean): void {
  isStopped = value;
}

/** Replaces the `DEV` binding. Returns the machine's time; while stopped, calls hang. */
export class Clock extends WorkerEntrypoint {
  async clockOffsetMs(): Promise<number> {
    return isStopped ? new Promise(() => {}) : 0;
  }
}
