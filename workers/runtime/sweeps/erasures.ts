import { errorMessage, log } from "../../../shared/kit/log.ts";
import { listRunningErasures } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import { finishErasure } from "../jobs/finish-erasure.ts";

const maxErasuresPerSweep = 20;

/** Continues erasures that a crash or their length left unfinished. */
export async function sweepErasures(env: RuntimeEnv): Promise<{ finished: number; unfinished: number }> {
  const running = await listRunningErasures(env.DB, maxErasuresPerSweep);
  let finished = 0;
  for (const row of running) {
    try {
      if (await finishErasure(env, row)) finished++;
    } catch (error) {
      const { projectId, mode } = row;
      log("error", "erasure.not_finished", { projectId, mode, error: errorMessage(error) });
    }
  }
  return { finished, unfinished: running.length - finished };
}
