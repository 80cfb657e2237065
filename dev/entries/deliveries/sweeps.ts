import { WorkerEntrypoint } from "cloudflare:workers";
import { d1 } from "../../../shared/db/deadline.ts";
import { nextDue } from "../../../shared/db/next-due.ts";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { everyMinute } from "../../../workers/deliveries/sweeps/every-minute.ts";

/** Runs the sweeps on demand, for the development gateway when the clock is moved. */
export class Sweeps extends WorkerEntrypoint<DeliveriesEnv> {
  /** `settle` waits for the deliveries that the sweep started, so that they happen at the time that the clock shows. */
  async everyMinute({ settle }: { settle: boolean } = { settle: false }): Promise<Record<string, unknown>> {
    const started: Promise<void>[] = [];
    const results = await everyMinute(this.env, (work) => {
      started.push(work);
      this.ctx.waitUntil(work);
    });
    if (settle) await Promise.all(started);
    return results;
  }

  /** Returns when the sweeps next have something to finish, in milliseconds since 1970; `null` when nothing is known. */
  async nextDue(): Promise<number | null> {
    return d1(nextDue(this.env.DB));
  }
}
