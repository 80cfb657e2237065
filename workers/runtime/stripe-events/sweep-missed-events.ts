import type Stripe from "stripe";
import { databasesOf, dataOf } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { DevService } from "../../../shared/kit/dev-service.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { handledEventTypes } from "../../../shared/stripe/handled-event-types.ts";
import { parseSeconds } from "../../../shared/stripe/object-fields.ts";
import { startBackfill } from "../db/stripe-backfills.ts";
import {
  type ConnectionWithProject,
  claimConnectionsToSweep,
  recordSweep,
} from "../db/stripe-connections.ts";
import { findKnownEventIds, insertStripeEvent } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { type Budget, workThrough } from "../sweeps/work-through.ts";
import { type ConnectionContext, createConnectionContext } from "./connection-context.ts";
import { processStripeEvent } from "./process-event.ts";
import { everyPageSince } from "./read-from-stripe.ts";

/**
 * Recovers events that Stripe did not deliver: reads Stripe's event list, and stores and processes each event
 * that is missing in the inbox.
 *
 * Guarantees: every listed event is in the inbox before the cursor (`swept_to`) passes it. A gap that the list does not
 * cover has a backfill before the cursor passes it. The cursor never
 * passes Stripe's current time, even if our clock is ahead; otherwise a later event could be created behind
 * the cursor. After a crash the cursor is unchanged. The same interval is read again, and stored events are
 * skipped.
 */

const minute = 60_000;
const day = 24 * 60 * minute;

/** An event can appear in the list some minutes after its own `created` time. */
const overlapMs = 10 * minute;
/** Stripe lists 30 days of events. The objects behind an older gap are read by a backfill (sweeps/backfills.ts). */
const maxListedMs = 29 * day;
/**
 * A long gap is read in intervals, so that the cursor advances and a list fits into memory. The interval
 * grows while few events are listed, so that a quiet month does not take a hundred requests.
 */
const minIntervalMs = 6 * 60 * minute;
const fewEvents = 100;
/** The longest turn of one connection, so that a long gap of one does not use up the budget of all. */
const connectionBudgetMs = 20_000;
const concurrentConnections = 5;
const maxConnectionsPerSweep = 100;
const sweepEveryMs = 5 * minute;
const developmentSweepEveryMs = 5_000;
/** Stripe itself can't send events to a laptop, so its list is read at each round of the crons. */
const pollEveryMs = 1_500;
/** The claim of a connection: longer than its turn. */
const leaseMs = minute;

/**
 * Sweeps the connections that are due. A failure is recorded in the connection's row and does not stop the
 * others.
 */
export async function sweepMissedEvents(
  env: RuntimeEnv,
  budget: Budget,
): Promise<{ swept: number; found: number }> {
  const everyMs = await getSweepEveryMs(env.DEV);
  const claim = async (limit: number) => {
    const now = await currentTime(env.DEV);
    const nextSweepAt = now + Math.max(leaseMs, everyMs);
    const claimed = await claimConnectionsToSweep(env.DB, { now, nextSweepAt }, limit);
    return claimed.map((connection) => ({ connection, now }));
  };
  const options = { ...budget, concurrency: concurrentConnections, max: maxConnectionsPerSweep };
  let found = 0;
  const swept = await workThrough(claim, options, async ({ connection, now }) => {
    found += await sweepOne(env, connection, { now, nextSweepAt: now + everyMs, budget });
  });
  return { swept, found };
}

async function getSweepEveryMs(dev: DevService | undefined): Promise<number> {
  if (dev === undefined) return sweepEveryMs;
  return (await dev.usesPocketStripe()) ? developmentSweepEveryMs : pollEveryMs;
}

async function sweepOne(
  env: RuntimeEnv,
  each: ConnectionWithProject,
  { now, nextSweepAt, budget }: { now: number; nextSweepAt: number; budget: Budget },
): Promise<number> {
  const { connectionId } = each.connection;
  const cause = { type: "stripe_read" as const, id: connectionId, because: "sweep" };
  const context = createConnectionContext(env, each, cause, now);
  const endBy = Math.min(budget.endBy, Date.now() + connectionBudgetMs);
  try {
    const found = await sweepConnection(context, { endBy });
    await recordSweep(env.DB, connectionId, { sweepError: null, nextSweepAt });
    return found;
  } catch (error) {
    const sweepError = errorMessage(error);
    log("error", "stripe_sweep.failed", { connectionId, error: sweepError });
    await recordSweep(env.DB, connectionId, { sweepError, nextSweepAt });
    return 0;
  }
}

async function sweepConnection(context: ConnectionContext, budget: Budget): Promise<number> {
  const { connection, now } = context;
  const gapFrom = connection.sweptTo ?? connection.createdAt;
  const oldestListed = now - maxListedMs;
  if (gapFrom < oldestListed) {
    const jobId = newId("job", now);
    const gap = { jobId, gapFrom, gapTo: oldestListed, now };
    await startBackfill(databasesOf(context.env, connection), connection, gap);
  }
  const sweptTo = Math.max(gapFrom, oldestListed);
  let found = 0;
  let intervalMs = minIntervalMs;
  for (let from = sweptTo; ; ) {
    const until = Math.min(from + intervalMs, now);
    // Nothing bounds the last interval: the events of a test clock may be dated in our future.
    const interval = await sweepInterval(context, from - overlapMs, until < now ? until : null, budget);
    found += interval.found;
    const swept = { sweptTo: Math.min(until, interval.listedAt) };
    await recordSweep(context.env.DB, connection.connectionId, swept);
    from = until;
    intervalMs = interval.listed < fewEvents ? intervalMs * 4 : minIntervalMs;
    if (until >= now || Date.now() >= budget.endBy) return found;
  }
}

/**
 * Stores and processes the missing events of one interval, oldest first. After the end of the budget it only
 * stores them: they are due, and the sweep of the inbox tries them. Returns the number of missing
 * events, the number of listed events, and the time of the list on Stripe's clock.
 */
async function sweepInterval(
  { env, connection, now, stripe }: ConnectionContext,
  from: number,
  until: number | null,
  budget: Budget,
): Promise<{ found: number; listed: number; listedAt: number }> {
  const { connectionId, projectId, mode } = connection;
  const client = await stripe();
  const lte = until === null ? {} : { lte: Math.ceil(until / 1_000) };
  const created = { gte: Math.floor(from / 1_000), ...lte };
  const types = [...handledEventTypes];
  const { all: listed, listedAt } = await everyPageSince(
    (page) => client.events.list({ ...page, created, types }),
    (event) => event,
  );
  const known = await findKnownEventIds(
    dataOf(env, connection),
    connectionId,
    listed.map(({ id }) => id),
  );
  const missing = listed.filter(({ id }) => !known.has(id)).toReversed();
  for (const event of missing) {
    await insertStripeEvent(dataOf(env, connection), {
      connectionId,
      eventId: event.id,
      projectId,
      mode,
      type: event.type,
      // An event without a readable time is stored as well: its try fails, and its row says why. As an error here
      // it would stop the sweep of all others.
      stripeCreatedAt: parseSeconds(event.created) ?? listedAt,
      payload: JSON.stringify(event satisfies Stripe.Event),
      status: "received",
      nextTryAt: now,
      receivedAt: now,
      foundBy: "sweep",
    });
    if (Date.now() < budget.endBy)
      await processStripeEvent(env, { connectionId, eventId: event.id, projectId });
  }
  return { found: missing.length, listed: listed.length, listedAt };
}
