import { dataByNumber } from "../../../shared/db/databases.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { inSteps } from "../../../shared/kit/in-steps.ts";
import { removeOldAttempts } from "../db/old-attempts.ts";
import type { RuntimeEnv } from "../env.ts";
import type { Budget } from "./work-through.ts";

const keptMs = 30 * dayMs;
const attemptsPerStep = 500;
/** A step is up to six calls. */
const maxSteps = 100;

/** Removes unpaid checkouts 30 days after they expired, and customers of whom nothing else is known. */
export async function sweepOldAttempts(
  env: RuntimeEnv,
  { endBy }: Budget,
  database: number,
): Promise<{ attempts: number; subjects: number }> {
  const now = await currentTime(env.DEV);
  const databases = { control: env.DB, data: dataByNumber(env, database) };
  const { attempts, subjects } = await inSteps(
    (limit) => removeOldAttempts(databases, { before: now - keptMs, now, limit }),
    { limit: attemptsPerStep, max: maxSteps, endBy },
  );
  return { attempts, subjects };
}
