import { expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import { payDirectly, sellElsewhere } from "./access-audits.ts";
import { comparable } from "./comparable-access.ts";
import {
  advanceClock,
  findLatestPayment,
  newStripeWorld,
  readAccess,
  type StripeWorld,
  setDelivery,
} from "./stripe-world.ts";

const day = 86_400;
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

/** What happens to each customer at Stripe after the sale, one step at a time, with a day between. */
const steps = 3;

interface Story {
  sell(world: StripeWorld): Promise<Sale>;
  live?(world: StripeWorld, sale: Sale, step: number): Promise<unknown>;
}
type Sale = { subscriptionId: string } | { paymentIntentId: string; productCode: string };

const subscriptionOf = (sale: Sale) => ("subscriptionId" in sale ? sale.subscriptionId : "");
const paymentOf = (sale: Sale) => ("paymentIntentId" in sale ? sale.paymentIntentId : "");

async function sellPro(world: StripeWorld): Promise<Sale> {
  const session = await sellElsewhere(world, world.prices.pro);
  return { subscriptionId: (await world.stripe.session(session)).subscription ?? "" };
}
const sellPack = async (world: StripeWorld): Promise<Sale> => ({
  paymentIntentId: await payDirectly(world),
  productCode: "CREDITS_1000",
});

const stories: Record<string, Story> = {
  keeps: { sell: sellPro },
  renews: {
    sell: sellPro,
    live: (world, sale) => world.stripe.control(`subscriptions/${subscriptionOf(sale)}`, { renew: "now" }),
  },
  cancels: {
    sell: sellPro,
    live: async (world, sale, step) =>
      step === 1 && world.stripe.control(`subscriptions/${subscriptionOf(sale)}`, { cancel: "now" }),
  },
  pauses: {
    sell: sellPro,
    live: (world, sale, step) =>
      world.stripe.control(`subscriptions/${subscriptionOf(sale)}`, { pause: step !== 1 }),
  },
  disputes: {
    sell: sellPro,
    live: async (world, sale, step) =>
      step === 2 &&
      world.stripe.control("disputes", {
        payment_intent: await findLatestPayment(world, subscriptionOf(sale)),
      }),
  },
  refunds: {
    sell: sellPack,
    live: async (world, sale, step) =>
      step === 2 && world.stripe.control("refunds", { payment_intent: paymentOf(sale) }),
  },
  keeps_pack: { sell: sellPack },
};
const refs = Object.keys(stories);

const adopt = (world: StripeWorld, ref: string, sale: Sale) =>
  provision(world.origin, "adoptFromStripe", world.projectId, "test", ref, { ...sale, apply: true });

const grant = (world: StripeWorld, ref: string) =>
  provision(world.origin, "act", world.projectId, "test", ref, {
    actionId: `act-${ref}-0123456789`,
    action: {
      type: "grant",
      productCode: "CREDITS_1000",
      kind: "usage_pack",
      units: 5,
      durationDays: null,
      expiresAt: null,
    },
    fingerprint: null,
    actor: { operatorId: "opr_1", name: "Dana" },
    reason: "goodwill: test",
  });

function newRandom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Counts the operator's grants instead of comparing them: their times differ on purpose. */
function split({ entitlements, ...access }: ReturnType<typeof comparable>) {
  const imported = entitlements.filter(({ remaining }) => remaining !== 5);
  return { ...access, imported, granted: entitlements.length - imported.length };
}

/**
 * Plays the same purchases in three projects in step. The first imports each at its sale, and gets every event at once and in
 * order. The second imports each at a random moment, together with the release of its events, shuffled and three times, and
 * with an operator's grant. The third gets no event, and imports each at a random moment, twice, or at the end.
 */
it(`a customer ends with the same access whenever the import comes, among events in any order (SEED=${seed})`, async () => {
  const random = newRandom(seed);
  const [first, amid, last] = [await newStripeWorld(), await newStripeWorld(), await newStripeWorld()];
  const worlds = [first, amid, last];
  await setDelivery(amid, { mode: "hold" });
  await setDelivery(last, { mode: "drop" });
  const momentsAmid = new Map(refs.map((ref) => [ref, random(steps + 1)]));
  const momentsLast = new Map(refs.map((ref) => [ref, random(steps + 2)]));
  const sales = await Promise.all(
    worlds.map(async (world) => {
      const sold = new Map<string, Sale>();
      for (const [ref, { sell }] of Object.entries(stories)) sold.set(ref, await sell(world));
      return sold;
    }),
  );
  const saleOf = (world: StripeWorld, ref: string) => sales[worlds.indexOf(world)]?.get(ref) as Sale;
  for (const ref of refs) {
    await adopt(first, ref, saleOf(first, ref));
    await grant(first, ref);
  }
  for (let step = 0; step <= steps; step++) {
    const due = refs.filter((ref) => momentsAmid.get(ref) === step);
    const copies = 3;
    await Promise.all([
      setDelivery(amid, { release: "shuffled", seed: seed + step, copies }),
      ...due.flatMap((ref) => [adopt(amid, ref, saleOf(amid, ref)), grant(amid, ref)]),
      ...refs
        .filter((ref) => momentsLast.get(ref) === step)
        .flatMap((ref) => [adopt(last, ref, saleOf(last, ref)), adopt(last, ref, saleOf(last, ref))]),
    ]);
    if (step === steps) break;
    for (const world of worlds)
      for (const [ref, { live }] of Object.entries(stories)) await live?.(world, saleOf(world, ref), step);
    await advanceClock(first.origin, day);
  }
  await setDelivery(amid, { mode: "normal", release: "shuffled", seed, copies: 3 });
  for (const ref of refs) {
    // An import at the end, after every event; for the others a repetition, as after a crash.
    await adopt(last, ref, saleOf(last, ref));
    await grant(last, ref);
  }
  // Retries the events that waited for others, as the queue would.
  await advanceClock(first.origin, 60);
  const standings = async (world: StripeWorld) =>
    Object.fromEntries(
      await Promise.all(
        refs.map(async (ref) => [ref, split(comparable(await readAccess(world, ref)))] as const),
      ),
    );
  const wanted = await standings(first);
  expect(wanted["cancels"]).toMatchObject({ imported: [{ status: "canceled" }], granted: 1 });
  expect(await standings(amid)).toEqual(wanted);
  expect(await standings(last)).toEqual(wanted);
  const report = (await (await fetch(`${first.origin}/__dev/verify`)).json()) as { faulty: unknown[] };
  expect(report.faulty).toEqual([]);
}, 180_000);
