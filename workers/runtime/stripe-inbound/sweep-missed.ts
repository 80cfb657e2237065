import type Stripe from "stripe";
import { d1 } from "../../../shared/db/deadline.ts";
import {
  type ConnectionOfProject,
  connectionsToSweep,
  recordSweep,
} from "../../../shared/db/stripe-connections.ts";
import { insertEvent, knownEvents } from "../../../shared/db/stripe-inbox.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { handledEventTypes } from "../../../shared/stripe/handled-event-types.ts";
import type { RuntimeEnv } from "../env.ts";
import { type Inbound, openInbound } from "./inbound.ts";
import { everyPageSince } from "./read-from-stripe.ts";
import { rereadPage } from "./reread-all.ts";
import { firstTryMs } from "./retry-schedule.ts";
import { tryEvent } from "./try-event.ts";

/**
 * Finds the events that never reached us: reads Stripe's event list and puts what the inbox lacks through the same
 * door as everything else.
 *
 * Guarantees: every event that Stripe lists is in the inbox before the cursor (`swept_to`) passes it. The cursor never
 * passes Stripe's own present, however far our clock runs ahead: what Stripe makes later would be behind it.
 * A crash at any moment leaves the cursor where it was; the same stretch is read again, and what is stored is known.
 */

const minute = 60_000;
const day = 24 * 60 * minute;

/** An event may appear in the list a little after the moment that it carries. */
const overlapMs = 10 * minute;
/** Stripe lists events of 30 days. Beyond, the objects themselves are read. */
const listedMs = 29 * day;
/**
 * A long gap is read in stretches, so that the cursor moves and no list grows beyond memory. After one that held little
 * the next is longer: a quiet month must not take a hundred questions.
 */
const shortestStretchMs = 6 * 60 * minute;
const fewEvents = 100;
const budgetMs = 20_000;
const connectionsPerSweep = 50;
const pauseMs = 5 * minute;
const developmentPauseMs = 5_000;

/** Sweeps the connections that are due. One that fails says so in its row and stops no other. */
export async function sweepMissedEvents(
  env: RuntimeEnv,
  now: number,
): Promise<{ swept: number; found: number }> {
  const due = await d1(connectionsToSweep(env.DB, now, connectionsPerSweep));
  let found = 0;
  for (const each of due) found += await sweepOne(env, each, now);
  return { swept: due.length, found };
}

async function sweepOne(env: RuntimeEnv, each: ConnectionOfProject, now: number): Promise<number> {
  const { connectionId } = each.connection;
  const nextSweepAt = now + (env.DEV === undefined ? pauseMs : developmentPauseMs);
  // First the next time, then the work: a connection whose sweep crashes must not hold up the others.
  await d1(recordSweep(env.DB, connectionId, { nextSweepAt }));
  const because = { type: "stripe_read" as const, id: connectionId, because: "sweep" };
  const inbound = openInbound(env, each, because, now);
  try {
    const found = await sweepConnection(inbound);
    if (each.connection.sweepError !== null)
      await d1(recordSweep(env.DB, connectionId, { sweepError: null }));
    return found;
  } catch (error) {
    const sweepError = errorMessage(error);
    log("error", "stripe_sweep.failed", { connectionId, error: sweepError });
    await d1(recordSweep(env.DB, connectionId, { sweepError }));
    return 0;
  }
}

async function sweepConnection(inbound: Inbound): Promise<number> {
  const { connection, now } = inbound;
  const sweptTo = connection.sweptTo ?? connection.createdAt;
  if (connection.rereadStartedAt !== null || now - sweptTo > listedMs) {
    await rereadPage(inbound);
    return 0;
  }
  const startedAt = Date.now();
  let found = 0;
  let stretchMs = shortestStretchMs;
  for (let from = sweptTo; ; ) {
    const until = Math.min(from + stretchMs, now);
    const stretch = await sweepStretch(inbound, from - overlapMs, until);
    found += stretch.found;
    const swept = { sweptTo: Math.min(until, stretch.listedAt) };
    await d1(recordSweep(inbound.env.DB, connection.connectionId, swept));
    from = until;
    stretchMs = stretch.listed < fewEvents ? stretchMs * 4 : shortestStretchMs;
    if (until >= now || Date.now() - startedAt > budgetMs) return found;
  }
}

/**
 * Stores and tries what the inbox lacks of the events made in this time, oldest first. Returns how many that were, how
 * many Stripe listed, and when by Stripe's clock the list was true.
 */
async function sweepStretch(
  { env, connection, now, stripe }: Inbound,
  from: number,
  until: number,
): Promise<{ found: number; listed: number; listedAt: number }> {
  const { connectionId, projectId, mode } = connection;
  const client = await stripe();
  const created = { gte: Math.floor(from / 1_000), lte: Math.ceil(until / 1_000) };
  const types = [...handledEventTypes];
  const { all: listed, listedAt } = await everyPageSince(
    (page) => client.events.list({ ...page, created, types }),
    (event) => event,
  );
  const known = await d1(
    knownEvents(
      env.DB,
      connectionId,
      listed.map(({ id }) => id),
    ),
  );
  const missing = listed.filter(({ id }) => !known.has(id)).toReversed();
  for (const event of missing) {
    await d1(
      insertEvent(env.DB, {
        connectionId,
        eventId: event.id,
        projectId,
        mode,
        type: event.type,
        stripeCreatedAt: event.created * 1_000,
        payload: JSON.stringify(event satisfies Stripe.Event),
        status: "received",
        nextTryAt: now + firstTryMs,
        receivedAt: now,
        foundBy: "sweep",
      }),
    );
    await tryEvent(env, { connectionId, eventId: event.id });
  }
  return { found: missing.length, listed: listed.length, listedAt };
}
