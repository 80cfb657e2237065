import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { type SpawnedStack, spawnStack } from "../../dev/stack/child.ts";
import { newReceiver, type ScriptedReceiver, WebhookOperations } from "../system/receiver.ts";
import { advanceClock } from "../system/stripe-world.ts";
import { buy, newWorld, type World } from "../system/world.ts";
import { isConnectionGone, randomFrom } from "./random.ts";

/**
 * Kills the whole stack with SIGKILL while deliveries are in flight, and accounts for every attempt
 * afterwards. Every event reaches every endpoint. No delivery is `sent` without a 2xx. The recorded attempts
 * match what the receivers saw.
 */
const kills = Number(process.env["WEBHOOK_KILLS"] ?? 3);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const callers = 3;
const pauseMs = 40;

/** What a receiver in the test process saw. A kill of the stack does not affect it. */
interface Target {
  receiver: ScriptedReceiver;
  endpointId: string;
  /** Maps `delivery/attempt` to the status that the receiver sent, or `null` before it responds. */
  answered: Map<string, number | null>;
}

let stateDir: string;
let stack: SpawnedStack;
let world: World;
const targets: Target[] = [];
const random = randomFrom(seed);

/** One receiver responds immediately, one after 40 ms, and one fails every third request. */
const habits: ((number: number) => { status: number; delayMs: number })[] = [
  () => ({ status: 200, delayMs: 0 }),
  () => ({ status: 204, delayMs: 40 }),
  (number) => ({ status: number % 3 === 0 ? 500 : 200, delayMs: 0 }),
];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  stack = await spawnStack({ port: 0, stateDir, cronEveryMs: 0 });
  world = await newWorld({ origin: stack.origin });
  for (const habit of habits) {
    const answered: Target["answered"] = new Map();
    let number = 0;
    const receiver = await newReceiver(({ headers }, response) => {
      const key = `${headers["licenzy-delivery"]}/${headers["licenzy-attempt"]}`;
      expect(answered.has(key), `${key} was sent twice`).toBe(false);
      answered.set(key, null);
      const { status, delayMs } = habit(++number);
      setTimeout(() => {
        response.writeHead(status).end();
        answered.set(key, status);
      }, delayMs);
    });
    const types = ["purchase.finalized", "usage.consumed"] as const;
    const { endpointId } = await WebhookOperations.forWorld(world).create(receiver.url, [...types]);
    targets.push({ receiver, endpointId, answered });
  }
  await buy(world, "user_1");
  await buy(world, "user_1");
});

afterAll(async () => {
  await stack.kill();
  await Promise.all(targets.map(({ receiver }) => receiver.close()));
  await rm(stateDir, { recursive: true, force: true });
});

/**
 * Consumes one unit per call until the stack is killed. Returns the keys of all calls, whatever their
 * outcome.
 */
async function consumeUntilKilled(round: number): Promise<string[]> {
  const api = new ApiClient(stack.origin, world.apiKey);
  const keys: string[] = [];
  let isAlive = true;
  const caller = async (number: number) => {
    for (let call = 0; isAlive; call++) {
      const key = `r${round}-c${number}-${call}`;
      keys.push(key);
      try {
        await api.consume("user_1", 1, key);
      } catch (error) {
        if (!isConnectionGone(error)) throw error;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const load = Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  await new Promise((resolve) => setTimeout(resolve, 500 + random(600)));
  await stack.kill();
  isAlive = false;
  await load;
  return keys;
}

describe("webhooks of a stack that is killed", () => {
  it(`the stack delivers every event and records every attempt when killed (${kills} kills, SEED=${seed})`, async () => {
    const keys: string[] = [];
    for (let round = 0; round < kills; round++) {
      keys.push(...(await consumeUntilKilled(round)));
      stack = await spawnStack({ port: Number(new URL(stack.origin).port), stateDir, cronEveryMs: 0 });
    }
    const api = new ApiClient(stack.origin, world.apiKey);
    for (const key of keys) expect((await api.consume("user_1", 1, key)).status).toBe(200);

    const hooks = WebhookOperations.forWorld(world);
    const events = keys.length + 2;
    await expect.poll(async () => (await hooks.listDeliveries()).length).toBe(events * targets.length);
    // Leases of killed workers expire and retries become due. The queue lost its messages, so the sweep finds
    // them.
    for (let hour = 0; hour < 100; hour++) {
      if ((await hooks.listDeliveries({ states: ["pending", "failed"] })).length === 0) break;
      await advanceClock(stack.origin, 3_600);
    }

    let attempts = 0;
    let interrupted = 0;
    for (const { endpointId, answered, receiver } of targets) {
      const deliveries = await hooks.listDeliveries({ endpointId });
      expect(deliveries.length).toBe(events);
      const recorded = new Set<string>();
      for (const { deliveryId, eventId, state } of deliveries) {
        const detail = await hooks.readDelivery(deliveryId);
        expect(["sent", "dead"]).toContain(state);
        const seen = detail.attempts.map(({ number }) => answered.get(`${deliveryId}/${number}`));
        for (const [index, attempt] of detail.attempts.entries()) {
          recorded.add(`${deliveryId}/${attempt.number}`);
          attempts++;
          if (attempt.error === "interrupted") interrupted++;
          // The record matches the response. Only the receiver knows the result of an interrupted attempt.
          else
            expect([deliveryId, attempt.number, attempt.httpStatus]).toEqual([
              deliveryId,
              attempt.number,
              seen[index] ?? null,
            ]);
        }
        const hasSuccess = detail.attempts.some(({ httpStatus }) => httpStatus !== null && httpStatus < 300);
        expect(hasSuccess).toBe(state === "sent");
        const received = receiver.log.filter(({ headers }) => headers["licenzy-delivery"] === deliveryId);
        expect(new Set(received.map(({ event }) => event.id))).toEqual(new Set([eventId]));
        expect(new Set(received.map(({ body }) => body)).size).toBe(1);
      }
      // Every request that arrived is recorded.
      expect([...answered.keys()].filter((key) => !recorded.has(key))).toEqual([]);
      const sequences = new Set(receiver.log.map(({ event }) => event.data.sequence));
      expect(sequences.size).toBe(events);
    }
    console.log(
      `kills ${kills}, events ${events}, endpoints ${targets.length}, attempts ${attempts}, interrupted ${interrupted}`,
    );
    expect(interrupted).toBeGreaterThan(0);
  });
});
