import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient, sessionIdOf } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { type SpawnedStack, spawnStack } from "../../dev/stack/child.ts";
import { eventually } from "../eventually.ts";
import { advanceClock } from "../system/stripe-world.ts";
import { newWorld, type World } from "../system/world.ts";
import { isConnectionGone, randomFrom } from "./random.ts";

/**
 * Kills the stack with SIGKILL while customers pay. Stripe events are in flight, partly applied or never
 * sent. After the restart and a sweep, every purchase that is paid in Stripe has exactly one entitlement.
 */
const kills = Number(process.env["KILLS"] ?? 3);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const buyers = 6;
const products = ["CREDITS_1000", "DAY_PASS", "PRO_MONTHLY"];

let stateDir: string;
let stack: SpawnedStack;
let world: World;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  stack = await spawnStack({ port: 0, stateDir, cronEveryMs: 0 });
  world = await newWorld({ origin: stack.origin });
});

afterAll(async () => {
  await stack.kill();
  await rm(stateDir, { recursive: true, force: true });
});

/** Lets each buyer make one purchase after another, each as a new subject, until the stack is killed. */
async function buyUntilKilled(round: number, random: (below: number) => number): Promise<void> {
  const api = new ApiClient(stack.origin, world.apiKey);
  const stripe = new PocketStripe(stack.origin, world.stripe.apiKey);
  let isAlive = true;
  let bought = 0;
  const buyer = async (number: number) => {
    for (let purchase = 0; isAlive; purchase++) {
      const subjectRef = `r${round}-b${number}-${purchase}`;
      try {
        const product = products[random(products.length)] ?? "CREDITS_1000";
        const { status, body } = await api.checkout(subjectRef, product, subjectRef);
        if (status === 201) {
          await stripe.pay(sessionIdOf(body.checkout_url));
          bought++;
        } else if (status < 500) throw new Error(`checkout: ${status} ${JSON.stringify(body)}`);
      } catch (error) {
        if (isAlive && !isConnectionGone(error)) throw error;
        return;
      }
    }
  };
  const load = Promise.all(Array.from({ length: buyers }, (_, number) => buyer(number)));
  await eventually(() => expect(bought).toBeGreaterThan(buyers), 30_000);
  await new Promise((resolve) => setTimeout(resolve, random(1_000)));
  isAlive = false;
  await stack.kill();
  await load;
}

async function paidSessions(): Promise<Stripe.Checkout.Session[]> {
  const stripe = new PocketStripe(stack.origin, world.stripe.apiKey);
  const sessions: Stripe.Checkout.Session[] = [];
  for await (const session of stripe.client.checkout.sessions.list({ status: "complete", limit: 100 }))
    if (session.payment_status === "paid") sessions.push(session);
  return sessions;
}

describe("stack killed while customers pay", () => {
  it(`the stack grants every paid purchase once when it is killed (${kills} kills, SEED=${seed})`, async () => {
    const random = randomFrom(seed);
    for (let round = 0; round < kills; round++) {
      // In every second round Stripe sends no events, so that the sweep has to find them.
      await new PocketStripe(stack.origin, world.stripe.apiKey).deliver(round % 2 === 1 ? "drop" : "normal");
      await buyUntilKilled(round, random);
      stack = await spawnStack({ port: Number(new URL(stack.origin).port), stateDir, cronEveryMs: 0 });
    }
    const api = new ApiClient(stack.origin, world.apiKey);
    const entitlementsOf = async (subjectRef: string) =>
      (await api.get<{ entitlements: unknown[] }>(`/v1/entitlements/${subjectRef}`)).body.entitlements.length;
    const paid = await paidSessions();
    const subjects = paid.map(({ metadata }) => metadata?.["licenzy_subject_ref"] ?? "");
    let waiting = 0;
    for (const subject of subjects) if ((await entitlementsOf(subject)) === 0) waiting++;

    // Moves past the first retries, so that the sweeps have checked every row once.
    await advanceClock(stack.origin, 60);
    await advanceClock(stack.origin, 60);
    const missing: string[] = [];
    let doubled = 0;
    for (const subject of subjects) {
      const count = await entitlementsOf(subject);
      if (count === 0) missing.push(subject);
      if (count > 1) doubled++;
    }
    console.log(
      `kills ${kills}, paid ${paid.length}, waiting for their event after the restart ${waiting}, missing ${missing.length}, doubled ${doubled}`,
    );
    expect(waiting).toBeGreaterThan(0);
    expect({ missing, doubled }).toEqual({ missing: [], doubled: 0 });
    expect(paid.length).toBeGreaterThan(kills * buyers);
    const report = (await (await fetch(`${stack.origin}/__dev/verify`)).json()) as { faulty: unknown[] };
    expect(report.faulty).toEqual([]);
  });
});
