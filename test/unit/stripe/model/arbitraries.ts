import fc from "fast-check";
import type { Action, Flip, ItemChange, Settlement } from "./action.ts";
import { knownPrices } from "./prices.ts";
import { renew as renewPaid } from "./steps.ts";
import type { ApiShape } from "./world.ts";

const does = <Name extends Action["do"], Rest extends object>(
  name: Name,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) => fc.record({ do: fc.constant(name), ...rest }) as fc.Arbitrary<{ do: Name } & Rest>;

/** Mostly the newest object. */
const index = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat({ max: 4 }) },
);
const on = fc.constantFrom(0, 0, 0, 0, 1);
const price = fc.constantFrom(...knownPrices, "price_unknown", "price_pro", "price_team");
const quantity = fc.constantFrom(1, 1, 2, 0);

const settlement: { [Key in keyof Settlement]: fc.Arbitrary<Settlement[Key]> } = {
  outcome: fc.constantFrom("paid", "paid", "paid", "failed", "open"),
  funding: fc.constantFrom("money", "money", "money", "money", "coupon", "half_coupon", "credit_balance"),
  payments: fc.constantFrom(1, 1, 2, 3),
};
const itemChange: { [Key in keyof ItemChange]: fc.Arbitrary<ItemChange[Key]> } = {
  ...settlement,
  proration: fc.constantFrom("now", "pending", "none"),
};

const subscribe = does("subscribe", {
  start: fc.oneof(
    { weight: 6, arbitrary: fc.constant("paid" as const) },
    { weight: 3, arbitrary: fc.constantFrom("trial" as const, "coupon" as const, "unpaid" as const) },
  ),
  price: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("price_pro", "price_pro_year", "price_team_year") },
    { weight: 1, arbitrary: price },
  ),
  quantity: fc.constantFrom(1, 1, 1, 1, 1, 1, 2, 0),
  addOns: fc.array(price, { maxLength: 2 }),
  sold: fc.boolean(),
});
const buy = does("buy", {
  kind: fc.constantFrom("usage_pack" as const, "time_pass" as const),
  payment: fc.constantFrom("card" as const, "card" as const, "debit" as const, "free" as const),
});
const renew = does("renew", { on, oneOff: fc.constantFrom(false, false, false, true), ...settlement });
const flip = fc.constantFrom<Flip>(
  "collection",
  "cancel_at",
  "cancel_at_period_end",
  "price",
  "quantity",
  "pause",
  "item",
);

// Often no time passes between two changes. They share one second, so only their content shows the order.
const wait = does("wait", { seconds: fc.constantFrom(1, 60, 3_600, 86_400, 864_000) });

const itemChanges = fc.oneof(
  does("price", { on, item: index, price, ...itemChange }),
  does("quantity", { on, item: index, quantity, ...itemChange }),
  does("add_item", { on, price, quantity, ...itemChange }),
  does("swap", { on, prices: fc.array(price, { minLength: 1, maxLength: 2 }), ...itemChange }),
);

const changes: fc.Arbitrary<Action> = fc.oneof(
  { withCrossShrink: true },
  { weight: 4, arbitrary: wait },
  { weight: 5, arbitrary: renew },
  { weight: 3, arbitrary: does("settle", { on, ...settlement }) },
  { weight: 5, arbitrary: does("price", { on, item: index, price, ...itemChange }) },
  { weight: 2, arbitrary: does("quantity", { on, item: index, quantity, ...itemChange }) },
  { weight: 3, arbitrary: does("add_item", { on, price, quantity, ...itemChange }) },
  { weight: 2, arbitrary: does("remove_item", { on, item: index, ...itemChange }) },
  {
    weight: 2,
    arbitrary: does("swap", { on, prices: fc.array(price, { minLength: 1, maxLength: 2 }), ...itemChange }),
  },
  { weight: 1, arbitrary: does("pending_update", { on, price, ...itemChange }) },
  { weight: 1, arbitrary: does("void", { on }) },
  { weight: 1, arbitrary: does("cancel_at_period_end", { on, value: fc.boolean() }) },
  { weight: 1, arbitrary: does("cancel_at", { on, days: fc.constantFrom(null, 2, 400) }) },
  { weight: 1, arbitrary: does("cancel", { on }) },
  {
    weight: 1,
    arbitrary: does("dunning", { on, to: fc.constantFrom("unpaid" as const, "canceled" as const) }),
  },
  { weight: 1, arbitrary: does("collection", { on, paused: fc.boolean() }) },
  { weight: 1, arbitrary: does("pause", { on, value: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: does("burst", {
      on,
      flips: fc.array(flip, { minLength: 1, maxLength: 4 }),
      back: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: does("stray", { on, later: fc.boolean() }) },
);

const currency = fc.constantFrom("same", "same", "same", "same", "same", "jpy");

const refundOf = (payment: fc.Arbitrary<number>) =>
  does("refund", {
    payment,
    percent: fc.constantFrom(100, 100, 100, 100, 96, 50, 10),
    currency,
    status: fc.constantFrom("succeeded" as const, "pending" as const, "requires_action" as const),
  });

const disputeOf = (payment: fc.Arbitrary<number>) =>
  does("dispute", {
    payment,
    percent: fc.constantFrom(100, 100, 96, 95, 94, 90, 50, 110),
    currency,
    status: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom("needs_response" as const, "under_review" as const) },
      { weight: 2, arbitrary: fc.constant("lost" as const) },
      { weight: 1, arbitrary: fc.constantFrom("warning_needs_response" as const, "prevented" as const) },
    ),
  });

const reversals: fc.Arbitrary<Action> = fc.oneof(
  { withCrossShrink: true },
  { weight: 5, arbitrary: refundOf(index) },
  {
    weight: 2,
    arbitrary: does("finish_refund", {
      refund: index,
      status: fc.constantFrom("succeeded" as const, "failed" as const),
    }),
  },
  { weight: 4, arbitrary: disputeOf(index) },
  {
    weight: 3,
    arbitrary: does("resolve", {
      dispute: index,
      status: fc.constantFrom("lost" as const, "won" as const, "under_review" as const),
    }),
  },
);

const purchases: fc.Arbitrary<Action> = fc.oneof(
  { withCrossShrink: true },
  { weight: 3, arbitrary: buy },
  { weight: 1, arbitrary: does("clear_debit", { purchase: index, succeeds: fc.boolean() }) },
  { weight: 1, arbitrary: subscribe },
);

const action: fc.Arbitrary<Action> = fc.oneof(
  { withCrossShrink: true },
  { weight: 6, arbitrary: changes },
  { weight: 4, arbitrary: reversals },
  { weight: 1, arbitrary: purchases },
);

/** Steps that rarely follow each other by chance. */
const scenes: fc.Arbitrary<Action[]> = fc.oneof(
  // An invoice with more lines than an event has.
  fc
    .tuple(fc.constantFrom<Flip>("price", "quantity"), renew)
    .map(([flip, next]): Action[] => [{ do: "burst", on: 0, flips: [flip, flip, flip], back: true }, next]),
  // More items than an event has.
  fc
    .tuple(
      does("add_many_items", { on: fc.constant(0), count: fc.constantFrom(9, 10, 12) }),
      itemChanges,
      renew,
    )
    .map((three): Action[] => three),
  // Several payments of one invoice are taken back.
  fc
    .tuple(fc.constantFrom(1, 2, 3), fc.array(refundOf(fc.constant(0)), { minLength: 1, maxLength: 3 }))
    .map(([payments, refunds]): Action[] => [
      renewPaid({ payments }),
      ...refunds.map((each, payment) => ({ ...each, payment })),
    ]),
  // A former payment is taken back after a change or a renewal.
  fc
    .tuple(
      fc.oneof(changes, renew),
      fc.oneof(refundOf(fc.constantFrom(1, 2)), disputeOf(fc.constantFrom(1, 2))),
    )
    .map((pair): Action[] => pair),
  // A reversal is followed by a renewal, paid, free or not paid.
  fc.tuple(reversals, renew, wait).map((three): Action[] => three),
  // A change is not paid, and another one or a renewal follows, such as the change back.
  fc
    .tuple(itemChanges, wait, fc.oneof(itemChanges, renew, does("settle", { on, ...settlement }), wait))
    .map(([change, then, next]): Action[] => [
      { ...change, proration: "now", outcome: "failed", funding: "money" },
      then,
      next,
    ]),
  fc
    .tuple(does("cancel", { on: fc.constant(0) }), does("stray", { on: fc.constant(0), later: fc.boolean() }))
    .map((pair): Action[] => pair),
);

const steps = (one: fc.Arbitrary<Action>, maxLength: number) =>
  fc
    .array(
      fc.oneof(
        { withCrossShrink: true },
        { weight: 4, arbitrary: one.map((step) => [step]) },
        { weight: 1, arbitrary: scenes },
      ),
      { minLength: 2, maxLength },
    )
    .map((parts) => parts.flat());

const first: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: subscribe },
  { weight: 1, arbitrary: buy },
);

/** Changes that leave the holds of a product what they are. */
const quiet: fc.Arbitrary<Action> = fc.oneof(
  wait,
  renew,
  does("settle", { on, ...settlement }),
  does("collection", { on, paused: fc.boolean() }),
  does("cancel", { on }),
);

const revoke = does("operator", { on, type: fc.constant("revoke" as const) });
const inSamePeriod = { proration: "now", outcome: "paid", funding: "money" } as const;

/** An operator's action, and what follows it. What was lifted is not refunded or disputed again. */
const operatorPart: fc.Arbitrary<Action[]> = fc.oneof(
  // Seats or plans that are paid in the period of the revocation, and perhaps the way back without an invoice.
  fc
    .tuple(
      revoke,
      wait,
      itemChanges,
      wait,
      itemChanges,
      fc.array(fc.oneof(renew, itemChanges), { maxLength: 2 }),
    )
    .map(([one, first, paid, second, back, more]): Action[] => [
      one,
      first,
      { ...paid, ...inSamePeriod },
      second,
      back,
      ...more,
    ]),
  fc.tuple(revoke, steps(action, 5)).map(([one, more]) => [one, ...more]),
  fc
    .tuple(
      does("operator", { on, type: fc.constant("lift_holds" as const) }),
      fc.array(quiet, { maxLength: 6 }),
    )
    .map(([one, more]) => [one, ...more]),
);

const actions = fc.tuple(first, steps(action, 12)).map(([one, more]) => [one, ...more]);

const shape = fc.constantFrom<ApiShape>("current", "old");
const orders = (count: number) =>
  fc.array(fc.infiniteStream(fc.nat({ max: 1_000 })), { minLength: count, maxLength: count });

export interface History {
  shape: ApiShape;
  actions: Action[];
  orders: Iterable<number>[];
}

/** A history of Stripe, and keys that shuffle and repeat its events in `count` ways. */
export const history = (count: number): fc.Arbitrary<History> =>
  fc.record({ shape, actions, orders: orders(count) });

/** The same with one action of an operator. */
export const operatedHistory = (count: number): fc.Arbitrary<History> =>
  fc.record({
    shape,
    actions: fc.tuple(actions, operatorPart).map(([before, after]) => [...before, ...after]),
    orders: orders(count),
  });
