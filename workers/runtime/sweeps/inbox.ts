import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { deleteSettledStripeEvents, listDueStripeEvents } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { processStripeEvent } from "../stripe-events/process-event.ts";
import { type Budget, workThrough } from "./work-through.ts";

const maxEventsPerSweep = 200;
const concurrency = 5;
/** As long as Stripe's event list reaches back, so that a removed event is not found there again. */
const inboxKeptMs = 30 * dayMs;
const maxRemovedPerSweep = 1_000;

/** Tries the inbox rows that are due: a lost queue message or a crash left them. */
export const sweepInbox = (env: RuntimeEnv, budget: Budget) => tryDueEvents(env, budget, false);

/** Tries the due rows that could not read from Stripe. They may take long, so they have a separate sweep. */
export const sweepInboxReads = (env: RuntimeEnv, budget: Budget) => tryDueEvents(env, budget, true);

async function tryDueEvents(
  env: RuntimeEnv,
  budget: Budget,
  waitsForStripe: boolean,
): Promise<{ tried: number }> {
  const now = await currentTime(env.DEV);
  const due = await listDueStripeEvents(env.DB, { waitsForStripe, now, limit: maxEventsPerSweep });
  // Not a claim: `processStripeEvent` claims each event as it begins, because its schedule decides for how long.
  const take = async (limit: number) => due.splice(0, limit);
  const options = { ...budget, concurrency, max: maxEventsPerSweep };
  const tried = await workThrough(take, options, (key) => processStripeEvent(env, key));
  return { tried };
}

/** Removes processed events older than 30 days with their payloads. The ledger keeps their effects. */
export async function removeOldEvents(env: RuntimeEnv): Promise<{ removed: number }> {
  const before = (await currentTime(env.DEV)) - inboxKeptMs;
  return { removed: await deleteSettledStripeEvents(env.DB, before, maxRemovedPerSweep) };
}
