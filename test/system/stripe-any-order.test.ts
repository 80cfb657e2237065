import { expect, it } from "vitest";
import { comparable } from "./comparable-access.ts";
import {
  advanceClock,
  findLatestPayment,
  newStripeWorld,
  purchase,
  readAccess,
  type StripeWorld,
  setDelivery,
} from "./stripe-world.ts";

const day = 86_400;
const subjects = ["subscriber", "refunded", "disputed", "passes"];

/**
 * Runs the same purchases and reversals in three projects in step. The first receives each event at once and
 * in order. The second receives all events late, shuffled and three times. The third receives none, and its
 * sweep finds them.
 */
it("a customer ends with the same access when events are shuffled, tripled or dropped", async () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  const [inOrder, shuffled, dropped] = [
    await newStripeWorld(),
    await newStripeWorld(),
    await newStripeWorld(),
  ];
  const worlds = [inOrder, shuffled, dropped];
  await setDelivery(shuffled, { mode: "hold" });
  await setDelivery(dropped, { mode: "drop" });
  const { origin } = inOrder;

  const first = await Promise.all(worlds.map(buyAll));
  // One renewal has happened and its invoice is settled, regardless of the length of the month.
  await advanceClock(origin, 32 * day);
  await Promise.all(worlds.map((world, index) => failRenewal(world, first[index])));
  // The second renewal fails, and Stripe still retries it.
  await advanceClock(origin, 34 * day);
  await Promise.all(worlds.map((world, index) => reverse(world, first[index])));

  await setDelivery(shuffled, { mode: "normal", release: "shuffled", seed, copies: 3 });
  // Retries the events that waited for others, as the queue would. A minute's sweep reads up to 100 connections, and the
  // other tests have some too.
  for (let minutes = 0; minutes < 4; minutes++) await advanceClock(origin, 60);

  const wanted = await standings(inOrder);
  expect(wanted["subscriber"]).toMatchObject({ has_access: false, reason: "payment_past_due" });
  expect(wanted["refunded"]).toMatchObject({ has_access: false, reason: "refunded" });
  expect(wanted["disputed"]).toMatchObject({ has_access: true });
  expect(await standings(shuffled)).toEqual(wanted);
  expect(await standings(dropped)).toEqual(wanted);
  const report = (await (await fetch(`${origin}/__dev/verify`)).json()) as { faulty: unknown[] };
  expect(report.faulty).toEqual([]);
}, 180_000);

interface Bought {
  subscription: string;
  credits: string;
  disputed: string;
}

async function buyAll(world: StripeWorld): Promise<Bought> {
  const { subscription } = await purchase(world, "subscriber", "PRO_MONTHLY");
  const { paymentIntent: credits } = await purchase(world, "refunded", "CREDITS_1000");
  const { subscription: disputed } = await purchase(world, "disputed", "PRO_MONTHLY");
  await purchase(world, "passes", "DAY_PASS");
  await purchase(world, "passes", "DAY_PASS");
  return { subscription, credits, disputed };
}

async function failRenewal({ stripe }: StripeWorld, bought: Bought | undefined): Promise<void> {
  await stripe.control(`subscriptions/${bought?.subscription}`, { next_payment: "fail" });
}

async function reverse(world: StripeWorld, bought: Bought | undefined): Promise<void> {
  if (bought === undefined) throw new Error("nothing bought");
  const control = (path: string, body: object) => world.stripe.control(path, body);
  await control("refunds", { payment_intent: bought.credits, amount: 1_000 });
  // biome-ignore lint/suspicious/noThenProperty: a field name of the control API; the object is never awaited.
  await control("refunds", { payment_intent: bought.credits, amount: 100, then: "failed" });
  await control("refunds", { payment_intent: bought.credits });
  const payment_intent = await findLatestPayment(world, bought.disputed);
  const { dispute } = (await control("disputes", { payment_intent })) as { dispute: { id: string } };
  await control(`disputes/${dispute.id}`, { status: "under_review" });
  await control(`disputes/${dispute.id}`, { status: "won" });
}

async function standings(world: StripeWorld): Promise<Record<string, unknown>> {
  const all = await Promise.all(
    subjects.map(async (subject) => [subject, comparable(await readAccess(world, subject))]),
  );
  return Object.fromEntries(all) as Record<string, unknown>;
}
