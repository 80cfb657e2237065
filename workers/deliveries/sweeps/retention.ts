import { d1 } from "../../../shared/db/deadline.ts";
import { removeOldDeliveries } from "../../../shared/db/sweep-deliveries.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { DeliveriesEnv } from "../env.ts";

const dayMs = 86_400_000;
/** How long events and deliveries are kept, whatever their state; the ledger keeps what happened. */
export const keptMs = 30 * dayMs;
const rowsPerSweep = 5_000;

export async function sweepRetention(env: DeliveriesEnv): Promise<{ deliveries: number; events: number }> {
  const now = await currentTime(env.DEV);
  return d1(removeOldDeliveries(env.DB, now - keptMs, rowsPerSweep));
}
