import type { RuntimeSweep, SweepCounts } from "../../../shared/contract/maintenance.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncKeyrings } from "../keys/sync-keyrings.ts";
import { sweepMissedEvents } from "../stripe-events/sweep-missed-events.ts";
import { sweepErasures } from "./erasures.ts";
import { removeOldEvents, sweepInbox, sweepInboxReads } from "./inbox.ts";
import { sweepOldAttempts } from "./old-attempts.ts";
import { sweepStorage } from "./storage.ts";
import { sweepAccess, sweepExpiries, sweepReviews } from "./subjects.ts";
import type { Budget } from "./work-through.ts";

/**
 * The function that runs each sweep. Every one is safe to repeat and to overlap with itself: it claims what it
 * works on.
 */
export const sweeps: Record<RuntimeSweep, (env: RuntimeEnv, budget: Budget) => Promise<SweepCounts>> = {
  inbox: sweepInbox,
  inboxReads: sweepInboxReads,
  oldEvents: removeOldEvents,
  missedEvents: async (env, budget) => sweepMissedEvents(env, await currentTime(env.DEV), budget),
  expiries: sweepExpiries,
  reviews: sweepReviews,
  access: sweepAccess,
  keyrings: async (env, budget) => syncKeyrings(env, await currentTime(env.DEV), budget),
  erasures: sweepErasures,
  oldAttempts: sweepOldAttempts,
  storage: sweepStorage,
};
