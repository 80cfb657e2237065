import type { RuntimeSweep, SweepCounts } from "../../../shared/contract/maintenance.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncKeyrings } from "../keys/sync-keyrings.ts";
import { sweepMissedEvents } from "../stripe-events/sweep-missed-events.ts";
import { sweepErasures } from "./erasures.ts";
import { removeOldEvents, sweepInbox } from "./inbox.ts";
import { sweepOldAttempts } from "./old-attempts.ts";
import { sweepStorage } from "./storage.ts";
import { sweepExpiries, sweepReviews } from "./subjects.ts";

/** The function that runs each sweep. Every one is safe to repeat and to overlap with itself. */
export const sweeps: Record<RuntimeSweep, (env: RuntimeEnv) => Promise<SweepCounts>> = {
  inbox: sweepInbox,
  oldEvents: removeOldEvents,
  missedEvents: async (env) => sweepMissedEvents(env, await currentTime(env.DEV)),
  expiries: sweepExpiries,
  reviews: sweepReviews,
  keyrings: async (env) => syncKeyrings(env, await currentTime(env.DEV)),
  erasures: sweepErasures,
  oldAttempts: sweepOldAttempts,
  storage: sweepStorage,
};
