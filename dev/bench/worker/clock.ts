import { WorkerEntrypoint } from "cloudflare:workers";

let isStopped = false;

/** From here on who asks for the time gets no answer, or gets one again. */
export function stopClock(value: boolean): void {
  isStopped = value;
}

/** In the place of the `DEV` binding: the machine's clock, and one that can be told to stop, and whoever asks it with it. */
export class Clock extends WorkerEntrypoint {
  async clockOffsetMs(): Promise<number> {
    return isStopped ? new Promise(() => {}) : 0;
  }
}
