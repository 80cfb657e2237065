import { dataByNumber } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { claimRunningErasures } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import { finishErasure } from "../jobs/finish-erasure.ts";
import { type Budget, workThrough } from "./work-through.ts";

const maxErasuresPerSweep = 20;
const concurrency = 4;
/** Longer than a run (finish-erasure.ts). Two runs of one erasure at the same time are safe, but waste. */
const continueAgainMs = 30_000;

/** Continues erasures that a crash or their length left unfinished. */
export async function sweepErasures(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
): Promise<{ finished: number; unfinished: number }> {
  const claim = async (limit: number) => {
    const now = await currentTime(env.DEV);
    return claimRunningErasures(
      dataByNumber(env, database),
      { now, triedBefore: now - continueAgainMs },
      limit,
    );
  };
  let finished = 0;
  const begun = await workThrough(
    claim,
    { ...budget, concurrency, max: maxErasuresPerSweep },
    async (row) => {
      try {
        if (await finishErasure(env, row)) finished++;
      } catch (error) {
        const { projectId, mode } = row;
        log("error", "erasure.not_finished", { projectId, mode, error: errorMessage(error) });
      }
    },
  );
  return { finished, unfinished: begun - finished };
}
