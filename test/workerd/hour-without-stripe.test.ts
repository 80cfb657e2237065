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
import { buildStripeEvent, type ConnectedProject, newConnectedProject } from "./connected-project.ts";
import { buildCronEnv, maintenance } from "./crons.ts";
import { insertDueEvents, newEndpoint, newScope, now } from "./endpoints.ts";
import { buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

/**
 * An hour of the clock in which Stripe answers nothing, with crons that overlap on purpose: each round starts two,
 * whether or not earlier ones have ended. The same hour with a Stripe that answers at once is the measure.
 *
 * What a test can't move is the test's: an alarm fires on the machine's clock, so only the sweep records an expiry; a
 * queue message is lost, or arrives at once. A round is ten minutes of the clock, because its probes of 60 paused endpoints
 * take a second or more. The clock moves on only when everything that became due in the round is done.
 */

const { DB, DEV } = env;
const minute = 60_000;
const dayMs = 24 * 60 * minute;
const rounds = 6;
const roundMs = 10 * minute;
const cronsPerRound = 2;
const dueEvents = 100;
const pausedEndpoints = 60;
/** Deliveries per round with a message that arrives, and as many with one that is lost. */
const deliveriesPerRound = 5;
/** In the first round nothing is measured: it loads the code. */
const warmUpRounds = 1;
/** At once and, because a claim lasts a minute at least, after 1, 2, 4, 14 and 44 minutes. */
const triesInAnHour = 6;
/**
 * How long everything of a round may take in real time: a second on an idle machine. Behind 100 calls that hang for 20 s
 * each, five at a time, it would take 400 s.
 */
const promptMs = 30_000;

afterEach(async () => {
  vi.restoreAllMocks();
  await DEV.hangStripe(false);
});

/** Answers the lanes: paused endpoints fail, the others take everything. Notes when a healthy one gets an event. */
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

/** Runs lanes as the deliveries worker does: each on its own, for as long as something is due at its endpoint. */
function newCron(): DeliveriesEnv {
  const cron: DeliveriesEnv = buildCronEnv({
    sweep: (name) => maintenance.sweep(name as "inbox"),
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
  await DB.prepare(
    `UPDATE endpoints SET url = url || 'paused', consecutive_failures = 9, failing_since = ?1, paused_until = ?1 + ?2`,
  )
    .bind(await now(), minute / 2)
    .run();
}

/** Inserts subjects of which one expires in each round. Returns their projects. */
async function insertExpiring(): Promise<string[]> {
  const start = await now();
  const insert = async (round: number) => {
    const { identity, stub } = newSubject();
    const expiresAt = start + (round + 0.5) * roundMs;
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

/** Plays the hour. Fails if something is not done in its round. */
async function playHour({ isHanging }: { isHanging: boolean }) {
  for (const table of [
    "stripe_events",
    "stripe_connections",
    "endpoints",
    "deliveries",
    "subjects",
    "api_keys",
  ])
    await DB.prepare(`DELETE FROM ${table}`).run();
  const project = await newConnectedProject();
  await DB.prepare("UPDATE stripe_connections SET next_sweep_at = 0").run();
  const empty = { object: "list", data: [], has_more: false };
  // Payments that Licenzy did not create.
  await DEV.setStripeAnswers([
    { path: "/v1/payment_intents", status: 200, body: { id: "pi", metadata: {} } },
    { path: "/v1/", status: 200, body: empty },
  ]);
  await insertPausedEndpoints();
  const healthy = newScope();
  await newEndpoint(healthy);
  const expiring = await insertExpiring();
  const keys = await createKeys(project);
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(project.projectId, "test")));
  await insertDueStripeEvents(project);
  const { receivedAt, failures } = newReceiver();
  const cron = newCron();
  const background: Promise<unknown>[] = [];
  const latencies = { queued: [] as number[], swept: [] as number[] };
  const countCalls = () => DEV.countStripeCalls("/v1/refunds");
  const callsBefore = await countCalls();
  let running = 0;
  let mostCrons = 0;
  // Without trouble, the events are done before anything is measured.
  if (!isHanging) await maintenance.sweep("inbox");
  await DEV.hangStripe(isHanging);

  for (let round = 0; round < rounds; round++) {
    await DEV.advance(roundMs);
    const key = keys[round] ?? { keyId: "", keyHash: "" };
    // The request that revokes it crashes before it reaches the Keyring.
    await markKeyRevoked(DB, key.keyId, await now(), null);
    const due = await insertDueEvents(healthy, 2 * deliveriesPerRound);
    // The messages of the others are lost.
    const queued = due.slice(0, deliveriesPerRound);
    const swept = due.slice(deliveriesPerRound);
    const startedAt = performance.now();
    const since = (message: DeliveryMessage) =>
      (receivedAt.get(message.deliveryId) ?? Number.NaN) - startedAt;
    for (let started = 0; started < cronsPerRound; started++) {
      mostCrons = Math.max(mostCrons, ++running);
      background.push(runSweeps(cron, (work) => void background.push(work)).finally(() => running--));
    }
    await Promise.all(queued.map((message) => deliver(cron, message, background)));
    await vi.waitFor(async () => {
      expect(
        due.filter(({ deliveryId }) => !receivedAt.has(deliveryId)),
        "not delivered",
      ).toEqual([]);
      expect(await readStatus(expiring[round] ?? ""), `expired in round ${round}`).toBe("expired");
      expect(await keyring.find(key.keyHash), `revoked in round ${round}`).toBeNull();
    }, promptMs);
    if (round < warmUpRounds) continue;
    latencies.queued.push(...queued.map(since));
    latencies.swept.push(...swept.map(since));
  }

  await DEV.hangStripe(false);
  await Promise.all(background);
  const { results: events } = await DB.prepare("SELECT status, tries FROM stripe_events").all<{
    status: string;
    tries: number;
  }>();
  const medians = { queued: median(latencies.queued), swept: median(latencies.swept) };
  return { medians, events, calls: (await countCalls()) - callsBefore, mostCrons, failures: failures() };
}

describe("an hour in which Stripe hangs", () => {
  it("deliveries keep their median, expiries and revocations are prompt, and no event has more tries than its schedule", async () => {
    // A line per try that fails.
    vi.spyOn(console, "error").mockReturnValue();
    const usual = await playHour({ isHanging: false });
    const hanging = await playHour({ isHanging: true });
    const describeRun = ({ medians, calls, mostCrons, failures }: typeof usual) =>
      `median of a queued delivery ${medians.queued} ms, of one that only a sweep finds ${medians.swept} ms; ` +
      `${calls} tries of events, ${mostCrons} crons at the same time, ${failures} probes of paused endpoints`;
    console.log(`Stripe answers: ${describeRun(usual)}\nStripe hangs: ${describeRun(hanging)}`);
    for (const { events, calls, failures } of [usual, hanging]) {
      expect(events).toHaveLength(dueEvents);
      for (const { tries } of events) expect(tries).toBeLessThanOrEqual(triesInAnHour);
      // No try is made that is not counted.
      expect(calls).toBe(events.reduce((sum, { tries }) => sum + tries, 0));
      expect(failures).toBeGreaterThanOrEqual(pausedEndpoints);
    }
    expect(new Set(usual.events.map(({ status, tries }) => `${status} ${tries}`))).toEqual(
      new Set(["ignored 1"]),
    );
    expect(hanging.events.filter(({ status }) => status === "failed")).toEqual([]);
    expect(hanging.mostCrons).toBeGreaterThan(cronsPerRound);
    // Each run has 25 samples of a kind. The bound allows for a loaded machine: what waits for Stripe takes 20 s and more.
    for (const kind of ["queued", "swept"] as const)
      expect(hanging.medians[kind], kind).toBeLessThan(2 * usual.medians[kind] + 1_000);
  }, 180_000);
});
