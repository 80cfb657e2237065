import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { removeOldAttempts } from "../db/old-attempts.ts";
import type { RuntimeEnv } from "../env.ts";

const keptMs = 30 * dayMs;
const maxRemovedPerSweep = 500;

/** Removes unpaid checkouts 30 days after they expired, and customers of whom nothing else is known. */
export async function sweepOldAttempts(env: RuntimeEnv): Promise<{ attempts: number; subjects: number }> {
  const now = await currentTime(env.DEV);
  return removeOldAttempts(env.DB, { before: now - keptMs, now, limit: maxRemovedPerSweep });
}
