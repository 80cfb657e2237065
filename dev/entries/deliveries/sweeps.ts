import { WorkerEntrypoint } from "cloudflare:workers";
import { d1 } from "../../../shared/db/deadline.ts";
import { findNextDueTime } from "../../../shared/db/next-due.ts";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { runSweeps } from "../../../workers/deliveries/sweeps/every-minute.ts";

/** Runs the sweeps on demand. The development gateway calls it when the clock moves. */
export class Sweeps extends WorkerEntrypoint<DeliveriesEnv> {
  /**
   * Runs all sweeps. With `settle`, waits for the deliveries that the sweeps started, so that they happen
   * at the current time of the clock.
   */
  async runAll({ settle }: { settle: boolean } = { settle: false }): Promise<Record<string, unknown>> {
    const started: Promise<void>[] = [];
    const results = await runSweeps(this.env, (work) => {
      started.push(work);
      this.ctx.waitUntil(work);
    });
    if (settle) await Promise.all(started);
    return results;
  }

  /**
   * Returns when the sweeps next have work, in milliseconds since 1970. Returns `null` when no work is
   * known.
   */
  async nextDue(): Promise<number | null> {
    return d1(findNextDueTime(this.env.DB));
  }
}
