import { afterEach, describe, expect, it, vi } from "vitest";
import type { DeliveryMessage } from "../../shared/db/outbound-events.ts";
import { sha256Hex } from "../../shared/kit/hash.ts";
import { consumeDeliveries } from "../../workers/deliveries/consumers/deliveries.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { claimForAttempt, runLane } from "../../workers/deliveries/sending/lane.ts";
import { runSweeps } from "../../workers/deliveries/sweeps/run-sweeps.ts";
import { markKeyRevoked } from "../../workers/runtime/db/api-keys.ts";
import { insertStripeEvent } from "../../workers/runtime/db/stripe-events.ts";
import { createKey } from "../../workers/runtime/keys/create-key.ts";
import { keyringName } from "../../workers/runtime/keys/keyring.ts";
import { getRetryDelay } from "../../workers/runtime/stripe-events/retry-schedule.ts";
import { buildStripeEvent, type ConnectedProject, newConnectedProject } from "./connected-project.ts";
import { buildCronEnv, maintenance } from "./crons.ts";
import { insertDueEvents, newEndpoint, newScope, now } from "./endpoints.ts";
import { buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

/**
 * An hour of the clock in which Stripe answers nothing, with crons that overlap on purpose: each round
 * starts two, whether or not earlier ones have ended.
 *
 * A round ends only when everything that became due in it is done, while every call to Stripe still hangs:
 * nothing can have waited for one. Before each such round comes its counterpart, the same round without
 * work at Stripe. So both medians are of the same minute of the same machine.
 *
 * What a test can't move is the test's: an alarm fires on the machine's clock, so only the sweep records an
 * expiry; a queue message is lost, or arrives at once; a call hangs until its round is over, and then
 * fails.
 */

const { DB, DEV } = env;
const minute = 60_000;
const dayMs = 24 * 60 * minute;
/** Rounds in which Stripe hangs: an hour. */
const rounds = 4;
const roundMs = 15 * minute;
const counterpartMs = minute;
const cronsPerRound = 2;
const dueEvents = 100;
const pausedEndpoints = 60;
/** Deliveries per round with a message that arrives, and as many with one that is lost. */
const deliveriesPerRound = 5;
/** The sweeps that work at Stripe. */
const sweepsAtStripe = ["inbox", "inboxReads", "missedEvents", "backfills", "reviews"];
/** How long everything of a round may take in real time: a second on an idle machine. */
const promptMs = 30_000;

afterEach(async () => {
  vi.restoreAllMocks();
  await DEV.hangStripe(false);
});

/**
 * Answers the lanes: paused endpoints fail, the others take everything. Notes when a healthy one gets an
 * event.
 */
function newReceiver() {
  const receivedAt = new Map<string, number>();
  let failures = 0;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
    if (String(target).endsWith("/paused")) {
      failures++;
      return new Response("down", { status: 503 });
    }
    const headers = new Headers(init?.headers);
    receivedAt.set(headers.get("licenzy-delivery") ?? "", performance.now());
    return new Response("ok");
  });
  return { receivedAt, failures: () => failures };
}

/**
 * Runs lanes as the deliveries worker does: each on its own, for as long as something is due at its
 * endpoint.
 */
function newCron({ isAtStripe }: { isAtStripe: boolean }): DeliveriesEnv {
  const cron: DeliveriesEnv = buildCronEnv({
    sweep: async (name) =>
      isAtStripe || !sweepsAtStripe.includes(name) ? maintenance.sweep(name as "inbox") : {},
    send: async (message) => {
      const claimed = await claimForAttempt(cron, message);
      if (claimed !== null) await runLane(cron, claimed);
    },
  });
  cron.LANES.resume = (claimed) => runLane(cron, claimed);
  return cron;
}

async function insertDueStripeEvents(project: ConnectedProject): Promise<void> {
  for (let number = 0; number < dueEvents; number++) {
    const charge = { id: `ch_${number}`, object: "charge", refunded: true, payment_intent: `pi_${number}` };
    const event = await buildStripeEvent("charge.refunded", charge);
    const at = await now();
    await insertStripeEvent(DB, {
      ...project,
      eventId: event.id,
      mode: "test",
      type: event.type,
      stripeCreatedAt: at,
      payload: JSON.stringify(event),
      status: "received",
      nextTryAt: at,
      receivedAt: at,
      foundBy: "webhook",
    });
  }
}

/** Inserts endpoints with an open breaker and something due. They come first in the table. */
async function insertPausedEndpoints(): Promise<void> {
  const insert = async () => {
    const scope = newScope();
    await newEndpoint(scope);
    await insertDueEvents(scope, 3);
  };
  await Promise.all(Array.from({ length: pausedEndpoints }, insert));
  await DB.exec("UPDATE endpoints SET url = url || 'paused'");
}

/** Makes a probe of each paused endpoint due. */
async function makeProbesDue(): Promise<void> {
  await DB.prepare(
    `UPDATE endpoints SET consecutive_failures = 9, failing_since = ?1, paused_until = ?1 WHERE url LIKE '%paused'`,
  )
    .bind(await now())
    .run();
}

/** Inserts subjects of which one expires in each round. Returns their projects. */
async function insertExpiring(): Promise<string[]> {
  const start = await now();
  const insert = async (round: number) => {
    const { identity, stub } = newSubject();
    const expiresAt = start + round * (roundMs + counterpartMs) + counterpartMs + roundMs / 2;
    await stub.applyStripe(identity, buildPurchase(`in_round_${round}`, buildPack(10, 1), expiresAt - dayMs));
    await stub.wake();
    return identity.projectId;
  };
  return Promise.all(Array.from({ length: rounds }, (_, round) => insert(round)));
}

/** Creates a key to revoke in each round. */
async function createKeys({ projectId }: ConnectedProject) {
  const at = await now();
  const create = async () => {
    const created = await createKey(env, projectId, "test", { name: "k", expiresAt: null }, at);
    if (created === null) throw new Error("no key");
    return { keyId: created.keyId, keyHash: sha256Hex(created.apiKey) };
  };
  return Promise.all(Array.from({ length: rounds }, create));
}

/** Hands a message to the consumer, as the queue does. */
async function deliver(
  cron: DeliveriesEnv,
  body: DeliveryMessage,
  background: Promise<unknown>[],
): Promise<void> {
  const message = { body, attempts: 1, ack: () => {}, retry: () => {} };
  const batch = { queue: "licenzy-deliveries", messages: [message] };
  const ctx = { waitUntil: (work: Promise<unknown>) => void background.push(work) };
  await consumeDeliveries(
    batch as unknown as MessageBatch<DeliveryMessage>,
    cron,
    ctx as unknown as ExecutionContext,
  );
}

const median = (values: number[]) =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);

const readStatus = (projectId: string) =>
  DB.prepare("SELECT status FROM entitlements WHERE project_id = ?").bind(projectId).first<string>("status");

/**
 * Makes deliveries due, starts crons that overlap, and waits until everything is done. Returns the
 * latencies.
 */
async function playRound(
  cron: DeliveriesEnv,
  healthy: ReturnType<typeof newScope>,
  { receivedAt }: ReturnType<typeof newReceiver>,
  background: Promise<unknown>[],
  isDone: () => Promise<void>,
) {
  await makeProbesDue();
  const due = await insertDueEvents(healthy, 2 * deliveriesPerRound);
  // The messages of the others are lost.
  const queued = due.slice(0, deliveriesPerRound);
  const swept = due.slice(deliveriesPerRound);
  const startedAt = performance.now();
  for (let started = 0; started < cronsPerRound; started++)
    background.push(runSweeps(cron, (work) => void background.push(work)));
  await Promise.all(queued.map((message) => deliver(cron, message, background)));
  await vi.waitFor(async () => {
    expect(
      due.filter(({ deliveryId }) => !receivedAt.has(deliveryId)),
      "not delivered",
    ).toEqual([]);
    await isDone();
  }, promptMs);
  const since = ({ deliveryId }: DeliveryMessage) => (receivedAt.get(deliveryId) ?? Number.NaN) - startedAt;
  return { queued: queued.map(since), swept: swept.map(since) };
}

/** Returns how many tries of an event its schedule allows within `ms`. */
function countScheduledTries(ms: number): number {
  let tries = 1;
  for (let at = 0; ; tries++) {
    // A claim lasts a minute at least.
    at += Math.max(minute, getRetryDelay(tries) ?? Number.POSITIVE_INFINITY);
    if (at > ms) return tries;
  }
}

/** Stops the calls that hang: they fail, as by their timeout. */
async function endRound(background: Promise<unknown>[]): Promise<void> {
  await DEV.hangStripe(false);
  await Promise.all(background.splice(0));
}

describe("an hour in which Stripe hangs", () => {
  it("deliveries keep their median, expiries and revocations are prompt, and no event has more tries than its schedule", async () => {
    // A line per try that fails.
    vi.spyOn(console, "error").mockReturnValue();
    const project = await newConnectedProject();
    const error = { error: { type: "api_error", message: "Stripe is down" } };
    await DEV.setStripeAnswers([{ path: "/v1/", status: 500, body: error }]);
    await insertPausedEndpoints();
    const healthy = newScope();
    await newEndpoint(healthy);
    const expiring = await insertExpiring();
    const keys = await createKeys(project);
    const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(project.projectId, "test")));
    await insertDueStripeEvents(project);
    const receiver = newReceiver();
    const background: Promise<unknown>[] = [];
    const [usualCron, cron] = [newCron({ isAtStripe: false }), newCron({ isAtStripe: true })];
    const latencies = {
      usual: { queued: [] as number[], swept: [] as number[] },
      hanging: { queued: [] as number[], swept: [] as number[] },
    };
    const countCalls = () => DEV.countStripeCalls("/v1/refunds");
    const callsBefore = await countCalls();
    const nothingElse = async () => {};
    // Loads the code.
    await playRound(usualCron, healthy, receiver, background, nothingElse);
    await endRound(background);

    for (let round = 0; round < rounds; round++) {
      await DEV.advance(counterpartMs);
      const usual = await playRound(usualCron, healthy, receiver, background, nothingElse);
      await endRound(background);

      await DEV.advance(roundMs);
      await DEV.hangStripe(true);
      const key = keys[round] ?? { keyId: "", keyHash: "" };
      // The request that revokes it crashes before it reaches the Keyring.
      await markKeyRevoked(DB, key.keyId, await now(), null);
      const callsOfEarlierRounds = await countCalls();
      const hanging = await playRound(cron, healthy, receiver, background, async () => {
        expect(await readStatus(expiring[round] ?? ""), `expired in round ${round}`).toBe("expired");
        expect(await keyring.find(key.keyHash), `revoked in round ${round}`).toBeNull();
        expect(await countCalls(), "calls that hang").toBeGreaterThan(callsOfEarlierRounds);
      });
      await endRound(background);
      for (const kind of ["queued", "swept"] as const) {
        latencies.usual[kind].push(...usual[kind]);
        latencies.hanging[kind].push(...hanging[kind]);
      }
    }

    const { results: events } = await DB.prepare("SELECT status, tries FROM stripe_events").all<{
      status: string;
      tries: number;
    }>();
    expect(events).toHaveLength(dueEvents);
    expect(new Set(events.map(({ status }) => status))).toEqual(new Set(["received"]));
    const scheduled = countScheduledTries(rounds * (roundMs + counterpartMs));
    for (const { tries } of events) expect(tries).toBeLessThanOrEqual(scheduled);
    // No try is made that is not counted.
    expect((await countCalls()) - callsBefore).toBe(events.reduce((sum, { tries }) => sum + tries, 0));
    expect(receiver.failures()).toBeGreaterThanOrEqual(pausedEndpoints);
    for (const kind of ["queued", "swept"] as const) {
      const [usual, hanging] = [median(latencies.usual[kind]), median(latencies.hanging[kind])];
      console.log(`${kind} deliveries: median ${usual} ms, while Stripe hangs ${hanging} ms`);
      // Of 20 each. A delivery that waited for Stripe would not have arrived in its round.
      expect(hanging, kind).toBeLessThan(2 * usual + 500);
    }
  }, 180_000);
});
