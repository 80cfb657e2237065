import type { RuntimeSweep, SweepCounts } from "../../../shared/contract/sweeps.ts";
import type { RuntimeEnv } from "../env.ts";
import { syncKeyrings } from "../keys/sync-keyrings.ts";
import { sweepMissedEvents } from "../stripe-events/sweep-missed-events.ts";
import { sweepBackfills } from "./backfills.ts";
import { sweepErasures } from "./erasures.ts";
import { removeOldEvents, sweepInbox, sweepInboxReads } from "./inbox.ts";
import { sweepLostAlarms } from "./lost-alarms.ts";
import { sweepOldAttempts } from "./old-attempts.ts";
import { sweepStorage } from "./storage.ts";
import { sweepAccess, sweepExpiries, sweepReviews } from "./subjects.ts";
import { sweepTermsRollouts } from "./terms-rollouts.ts";
import type { Budget } from "./work-through.ts";

/**
 * The function that runs each sweep, in the order of `runtimeSweeps`, on the data database `database`. Every one is safe
 * to repeat and to overlap with itself: it claims what it works on.
 */
export const sweeps: Record<
  RuntimeSweep,
  (env: RuntimeEnv, budget: Budget, database: number) => Promise<SweepCounts>
> = {
  expiries: sweepExpiries,
  keyrings: syncKeyrings,
  lostAlarms: sweepLostAlarms,
  erasures: sweepErasures,
  termsRollouts: sweepTermsRollouts,
  inbox: sweepInbox,
  inboxReads: sweepInboxReads,
  missedEvents: sweepMissedEvents,
  backfills: sweepBackfills,
  reviews: sweepReviews,
  access: sweepAccess,
  oldEvents: removeOldEvents,
  oldAttempts: sweepOldAttempts,
  storage: sweepStorage,
};
