import { dayMs } from "../../../shared/domain/entitlement.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { deleteSettledStripeEvents, listDueStripeEvents } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { processStripeEvent } from "../stripe-events/process-event.ts";

const maxEventsPerSweep = 100;
/** As long as Stripe's event list reaches back, so that a removed event is not found there again. */
const inboxKeptMs = 30 * dayMs;
const maxRemovedPerSweep = 1_000;

/** Tries the inbox rows that are due: a lost queue message or a crash left them. */
export async function sweepInbox(env: RuntimeEnv): Promise<{ tried: number }> {
  const due = await listDueStripeEvents(env.DB, await currentTime(env.DEV), maxEventsPerSweep);
  for (const key of due) await processStripeEvent(env, key);
  return { tried: due.length };
}

/** Removes processed events older than 30 days with their payloads. The ledger keeps their effects. */
export async function removeOldEvents(env: RuntimeEnv): Promise<{ removed: number }> {
  const before = (await currentTime(env.DEV)) - inboxKeptMs;
  return { removed: await deleteSettledStripeEvents(env.DB, before, maxRemovedPerSweep) };
}
