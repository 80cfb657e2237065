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
): Promise<{ finished: number; unfinished: number }> {
  const now = await currentTime(env.DEV);
  const running = await claimRunningErasures(
    env.DB,
    { now, triedBefore: now - continueAgainMs },
    maxErasuresPerSweep,
  );
  let finished = 0;
  await workThrough(running, { ...budget, concurrency }, async (row) => {
    try {
      if (await finishErasure(env, row)) finished++;
    } catch (error) {
      const { projectId, mode } = row;
      log("error", "erasure.not_finished", { projectId, mode, error: errorMessage(error) });
    }
  });
  return { finished, unfinished: running.length - finished };
}
