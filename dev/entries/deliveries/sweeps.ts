import { WorkerEntrypoint } from "cloudflare:workers";
import { withD1Timeout } from "../../../shared/db/d1-timeout.ts";
import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { runSweeps } from "../../../workers/deliveries/sweeps/run-sweeps.ts";
import { findNextDueTime } from "./next-due.ts";

/** Runs the sweeps on demand. The development gateway calls it when the clock moves. */
export class Sweeps extends WorkerEntrypoint<DeliveriesEnv> {
  constructor(ctx: ExecutionContext, env: DeliveriesEnv) {
    super(ctx, withD1Timeout(env));
  }

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
    const times = await Promise.all(
      listDatabases(this.env).map((number) => findNextDueTime(dataByNumber(this.env, number))),
    );
    const known = times.filter((time) => time !== null);
    return known.length === 0 ? null : Math.min(...known);
  }
}
