import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { type SpawnedStack, spawnStack } from "../../dev/stack/child.ts";
import { buy, newWorld, type World } from "../system/world.ts";
import { isConnectionGone, randomFrom } from "./random.ts";

/**
 * Kills the whole stack with SIGKILL under load and accounts for every unit afterwards. Each acknowledged
 * consume exists exactly once. Replaying its key settles each unacknowledged one. Ledger, state and D1 agree,
 * and no other units were spent.
 */
const kills = Number(process.env["KILLS"] ?? 3);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const callers = 16;
const subjects = ["user_a", "user_b", "user_c", "user_d"];
/** Packs of 1,000 units each. A subject spends fewer units than that between two kills. */
const packsEach = Math.max(3, kills);

interface Consume {
  subjectRef: string;
  key: string;
  units: number;
  /** The body of the reply, or `null` while the outcome is unknown. */
  acknowledged: string | null;
}

let stateDir: string;
let stack: SpawnedStack;
let world: World;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  stack = await spawnStack({ port: 0, stateDir, cronEveryMs: 0 });
  world = await newWorld({ origin: stack.origin });
  for (const subjectRef of subjects)
    for (let pack = 0; pack < packsEach; pack++) await buy(world, subjectRef);
});

afterAll(async () => {
  await stack.kill();
  await rm(stateDir, { recursive: true, force: true });
});

/** Consumes one unit per call from `callers` concurrent callers until the stack is killed. */
async function loadUntilKilled(
  round: number,
  random: (below: number) => number,
  sent: Consume[],
): Promise<void> {
  const api = new ApiClient(stack.origin, world.apiKey);
  let isAlive = true;
  const caller = async (number: number) => {
    for (let call = 0; isAlive; call++) {
      const subjectRef = subjects[random(subjects.length)] ?? "user_a";
      const consume: Consume = {
        subjectRef,
        key: `r${round}-c${number}-${call}`,
        units: 1,
        acknowledged: null,
      };
      sent.push(consume);
      try {
        const { status, body } = await api.consume(subjectRef, consume.units, consume.key);
        if (status === 200) consume.acknowledged = JSON.stringify(body);
        else if (status < 500) throw new Error(`consume: ${status} ${JSON.stringify(body)}`);
      } catch (error) {
        // The connection is gone, so the outcome is unknown. Any other error is a bug in the test.
        if (!isConnectionGone(error)) throw error;
        return;
      }
    }
  };
  const load = Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  await new Promise((resolve) => setTimeout(resolve, 200 + random(800)));
  await stack.kill();
  isAlive = false;
  await load;
}

describe("stack killed under load", () => {
  it(`the stack keeps every acknowledged consume once when killed (${kills} kills, SEED=${seed})`, async () => {
    const random = randomFrom(seed);
    const sent: Consume[] = [];
    let unknown = 0;
    let lost = 0;
    let replayed = 0;
    for (let round = 0; round < kills; round++) {
      const before = sent.length;
      await loadUntilKilled(round, random, sent);
      stack = await spawnStack({ port: Number(new URL(stack.origin).port), stateDir, cronEveryMs: 0 });

      const api = new ApiClient(stack.origin, world.apiKey);
      for (const consume of sent.slice(before)) {
        const { status, body, headers } = await api.consume(consume.subjectRef, consume.units, consume.key);
        expect(status).toBe(200);
        const isReplay = headers.get("Idempotency-Replayed") === "true";
        if (isReplay) replayed++;
        if (consume.acknowledged === null) unknown++;
        else if (!isReplay || JSON.stringify(body) !== consume.acknowledged) lost++;
      }
    }

    const acknowledged = sent.filter((consume) => consume.acknowledged !== null).length;
    let remaining = 0;
    const api = new ApiClient(stack.origin, world.apiKey);
    for (const subjectRef of subjects)
      remaining += (await api.get<{ usage_remaining: number }>(`/v1/customer/access/${subjectRef}`)).body
        .usage_remaining;
    const doubled = subjects.length * packsEach * 1_000 - remaining - sent.length;
    console.log(
      `kills ${kills}, sent ${sent.length}, acknowledged ${acknowledged}, unknown ${unknown}, replayed ${replayed}, lost ${lost}, doubled ${doubled}`,
    );
    expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
    expect(acknowledged).toBeGreaterThan(kills * callers);
    expect(unknown).toBeGreaterThan(0);

    await expect
      .poll(async () => (await fetch(`${stack.origin}/__dev/verify`)).json())
      .toEqual({
        subjects: subjects.length,
        entries: subjects.length * packsEach + sent.length,
        unflushed: 0,
        faulty: [],
      });
  });
});
