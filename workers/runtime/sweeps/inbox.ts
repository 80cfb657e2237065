import { dataByNumber } from "../../../shared/db/databases.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { inSteps } from "../../../shared/kit/in-steps.ts";
import { deleteSettledStripeEvents, listDueStripeEvents } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { processStripeEvent } from "../stripe-events/process-event.ts";
import { type Budget, workThrough } from "./work-through.ts";

const maxEventsPerSweep = 200;
const concurrency = 5;
/** As long as Stripe's event list reaches back, so that a removed event is not found there again. */
const inboxKeptMs = 30 * dayMs;
const removedPerStep = 500;
const maxSteps = 200;

/** Tries the inbox rows that are due: a lost queue message or a crash left them. */
export const sweepInbox = (env: RuntimeEnv, budget: Budget, database: number) =>
  tryDueEvents(env, budget, database, false);

/** Tries the due rows that could not read from Stripe. They may take long, so they have a separate sweep. */
export const sweepInboxReads = (env: RuntimeEnv, budget: Budget, database: number) =>
  tryDueEvents(env, budget, database, true);

async function tryDueEvents(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
  waitsForStripe: boolean,
): Promise<{ tried: number }> {
  const now = await currentTime(env.DEV);
  const due = await listDueStripeEvents(dataByNumber(env, database), {
    waitsForStripe,
    now,
    limit: maxEventsPerSweep,
  });
  // Not a claim: `processStripeEvent` claims each event as it begins, because its schedule decides for how long.
  const take = async (limit: number) => due.splice(0, limit);
  const options = { ...budget, concurrency, max: maxEventsPerSweep };
  const tried = await workThrough(take, options, (key) => processStripeEvent(env, key));
  return { tried };
}

/** Removes processed events older than 30 days with their payloads. The ledger keeps their effects. */
export async function removeOldEvents(
  env: RuntimeEnv,
  { endBy }: Budget,
  database: number,
): Promise<{ removed: number }> {
  const data = dataByNumber(env, database);
  const before = (await currentTime(env.DEV)) - inboxKeptMs;
  const step = async (limit: number) => ({ removed: await deleteSettledStripeEvents(data, before, limit) });
  return inSteps(step, { limit: removedPerStep, max: maxSteps, endBy });
}
