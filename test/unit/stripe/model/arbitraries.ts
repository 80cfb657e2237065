import fc from "fast-check";
import type { Action, Flip } from "./action.ts";
import {
  action,
  buy,
  changes,
  disputeOf,
  does,
  itemChanges,
  on,
  refundOf,
  renew,
  reversals,
  settlement,
  subscribe,
  wait,
} from "./step-arbitraries.ts";
import { renew as renewPaid } from "./steps.ts";
import type { ApiShape } from "./world.ts";

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
  // Seats or plans that are paid in the period of the revocation, and perhaps the way back without an
  // invoice.
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
