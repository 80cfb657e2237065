import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { Merger } from "./merge-event.ts";
import { type Action, type ApiShape, StripeModel } from "./stripe-model.ts";

const histories = Number(process.env["HISTORIES"] ?? 2_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

const of = <T extends object>(action: T) => fc.constant(action);
const index = fc.nat({ max: 5 });
const parts = fc.constantFrom(1, 1, 2, 3);

const action: fc.Arbitrary<Action> = fc.oneof(
  // Often no time passes between two changes. They share one second, so only their content shows the order.
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(0, 1, 60, 86_400) }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom({ do: "buy", kind: "usage_pack" }, { do: "buy", kind: "time_pass" } as const),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("subscribe" as const), trial: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("renew" as const), paid: fc.boolean() }) },
  { weight: 2, arbitrary: of({ do: "settle" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel_at_period_end" as const), on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("price" as const),
      price: fc.constantFrom("price_pro", "price_team", "price_unknown"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("collection" as const), paused: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: of({ do: "cancel" as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("refund" as const),
      payment: index,
      parts,
      outcome: fc.constantFrom("stays" as const, "fails" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("dispute" as const),
      payment: index,
      parts,
      status: fc.constantFrom("needs_response" as const, "warning_needs_response" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("resolve" as const),
      dispute: index,
      status: fc.constantFrom("under_review" as const, "won" as const, "lost" as const),
    }),
  },
);

const first: fc.Arbitrary<Action> = fc.constantFrom(
  { do: "buy", kind: "usage_pack" },
  { do: "buy", kind: "time_pass" },
  { do: "subscribe", trial: false },
  { do: "subscribe", trial: true },
);

const history = fc.record({
  shape: fc.constantFrom<ApiShape>("current", "old"),
  actions: fc
    .tuple(first, fc.array(action, { minLength: 2, maxLength: 14 }))
    .map(([one, more]) => [one, ...more]),
  orders: fc.array(fc.infiniteStream(fc.nat({ max: 1_000 })), { minLength: 3, maxLength: 3 }),
});

describe("Stripe events in any order", () => {
  it(`the subject reaches the in-order state from shuffled events (${histories} histories, SEED=${seed})`, () => {
    fc.assert(
      fc.property(history, ({ shape, actions, orders }) => {
        const model = new StripeModel(shape);
        for (const each of actions) model.play(each);
        const end = model.nowMs + 1_000;
        const inOrder = inOrderRun(model, end);
        for (const order of orders) expect(shuffledRun(model, end, order)).toEqual(inOrder);
      }),
      { numRuns: histories, seed },
    );
  }, 120_000);

  it("the subject keeps an expired pack expired when its refund fails", () => {
    const model = new StripeModel("current");
    for (const each of [
      { do: "buy", kind: "usage_pack" },
      { do: "refund", payment: 0, parts: 1, outcome: "fails" },
    ] as const)
      model.play(each);
    const late = model.nowMs + 30 * dayMs;
    expect(shuffledRun(model, late, [0]).entitlements[0]?.status).toBe("expired");
  });
});

/** Merges each event when it happens. A read then returns the subscription of that moment. */
function inOrderRun(model: StripeModel, end: number) {
  const merger = new Merger(model);
  for (const { event, subscriptionsThen } of model.events) {
    const at = event.created * 1_000;
    merger.merge(event, (id) => ({ subscription: subscriptionsThen.get(id) ?? {}, at }), at);
  }
  return merger.result(end);
}

/** Merges all events late, in any order, some two or three times. A read returns the final subscription. */
function shuffledRun(model: StripeModel, end: number, order: Iterable<number>) {
  const keys = order[Symbol.iterator]();
  const next = (): number => keys.next().value ?? 0;
  const copies = model.events.flatMap(({ event }) => Array.from({ length: 1 + (next() % 3) }, () => event));
  const shuffled = copies.map((event) => ({ event, key: next() })).toSorted((a, b) => a.key - b.key);
  const merger = new Merger(model);
  for (const { event } of shuffled)
    merger.merge(event, (id) => ({ subscription: model.subscriptionNow(id), at: end }), end);
  return merger.result(end);
}
