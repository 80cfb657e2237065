import fc from "fast-check";
import type { Action, Flip, Funding, ItemChange, Settlement } from "./action.ts";
import { knownPrices } from "./prices.ts";

export const does = <Name extends Action["do"], Rest extends object>(
  name: Name,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
) => fc.record({ do: fc.constant(name), ...rest }) as fc.Arbitrary<{ do: Name } & Rest>;

/** Mostly the newest object. */
const index = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat({ max: 4 }) },
);
export const on = fc.constantFrom(0, 0, 0, 0, 1);
const price = fc.constantFrom(...knownPrices, "price_unknown", "price_pro", "price_team");
const quantity = fc.constantFrom(1, 1, 2, 0);

export const settlement: { [Key in keyof Settlement]: fc.Arbitrary<Settlement[Key]> } = {
  outcome: fc.constantFrom("paid", "paid", "paid", "failed", "open"),
  funding: fc.constantFrom<Funding[]>(
    "money",
    "money",
    "money",
    "money",
    "coupon",
    "half_coupon",
    "credit_balance",
    "out_of_band",
  ),
  payments: fc.constantFrom(1, 1, 2, 3),
};
const itemChange: { [Key in keyof ItemChange]: fc.Arbitrary<ItemChange[Key]> } = {
  ...settlement,
  proration: fc.constantFrom("now", "pending", "none"),
};

export const subscribe = does("subscribe", {
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
export const buy = does("buy", {
  kind: fc.constantFrom("usage_pack" as const, "time_pass" as const),
  payment: fc.constantFrom("card" as const, "card" as const, "debit" as const, "free" as const),
});
export const renew = does("renew", { on, oneOff: fc.constantFrom(false, false, false, true), ...settlement });
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
export const wait = does("wait", { seconds: fc.constantFrom(1, 60, 3_600, 86_400, 864_000) });

export const itemChanges = fc.oneof(
  does("price", { on, item: index, price, ...itemChange }),
  does("quantity", { on, item: index, quantity, ...itemChange }),
  does("add_item", { on, price, quantity, ...itemChange }),
  does("swap", { on, prices: fc.array(price, { minLength: 1, maxLength: 2 }), ...itemChange }),
);

export const changes: fc.Arbitrary<Action> = fc.oneof(
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

export const refundOf = (payment: fc.Arbitrary<number>) =>
  does("refund", {
    payment,
    percent: fc.constantFrom(100, 100, 100, 100, 96, 50, 10),
    currency,
    status: fc.constantFrom("succeeded" as const, "pending" as const, "requires_action" as const),
  });

export const disputeOf = (payment: fc.Arbitrary<number>) =>
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

export const reversals: fc.Arbitrary<Action> = fc.oneof(
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

export const action: fc.Arbitrary<Action> = fc.oneof(
  { withCrossShrink: true },
  { weight: 6, arbitrary: changes },
  { weight: 4, arbitrary: reversals },
  { weight: 1, arbitrary: purchases },
);
