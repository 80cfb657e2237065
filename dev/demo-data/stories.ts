import type { Customer } from "./customer.ts";
import type { Dice } from "./dice.ts";
import type { Operator } from "./operator.ts";

/** The data ends in the afternoon of the last day. Days are counted from 0. */
export const lastDay = 21;
/** The hours of a day, in UTC, at which something happens. */
const hours = [8, 12, 16, 20] as const;
export const lastHour = 16;

export interface Step {
  day: number;
  hour: number;
  run(customer: Customer): Promise<unknown>;
}

export interface StoryContext {
  dice: Dice;
  /** Support works in turn, so that the audit log has several names. */
  support: Operator;
  /** The Stripe prices of the products, by code. */
  prices: Readonly<Record<string, string>>;
}

type Story = (context: StoryContext) => Step[];

const at = (day: number, hour: number, run: Step["run"]): Step => ({ day, hour, run });
const buys = (day: number, hour: number, productCode: string) =>
  at(day, hour, (customer) => customer.buy(productCode));

/** The customer uses credits on most days, more often at noon and in the afternoon. */
function consumes({ dice }: StoryContext, fromDay: number, toDay = lastDay): Step[] {
  const steps: Step[] = [];
  for (let day = fromDay; day <= toDay; day++) {
    for (const hour of hours) {
      const isIncluded = dice.between(1, 10) <= (hour === 12 || hour === 16 ? 4 : 1);
      const units = dice.between(1, 18);
      // The last use is long before the failure at the end, which counts its deliveries.
      if (isIncluded && (day < lastDay || hour < 12)) {
        steps.push(at(day, hour, (customer) => customer.consume(units)));
      }
    }
  }
  return steps;
}

/** The backend checks access every few days. */
function checks({ dice }: StoryContext, fromDay: number): Step[] {
  const steps: Step[] = [];
  for (let day = fromDay; day < lastDay; day += dice.between(1, 4))
    steps.push(at(day, dice.pick(hours), (customer) => customer.check()));
  return steps;
}

/** What can happen to a customer. The names are those of the states that the stories end in. */
export const stories: Readonly<Record<string, Story>> = {
  subscribed: (context) => {
    const day = context.dice.between(0, 8);
    return [buys(day, context.dice.pick(hours), "PRO_MONTHLY"), ...checks(context, day + 1)];
  },
  renewed: (context) => [buys(context.dice.between(0, 4), 12, "TEAM_WEEKLY"), ...checks(context, 6)],
  past_due: (context) => [
    buys(context.dice.pick([6, 13]), 12, "TEAM_WEEKLY"),
    at(15, 8, (customer) => customer.changeSubscription({ next_payment: "fail" })),
    at(21, 8, (customer) => context.support.note(customer.ref, "Card expired. Wrote to them on Monday.")),
  ],
  dunning_ended: () => [
    buys(1, 16, "TEAM_WEEKLY"),
    at(2, 8, (customer) => customer.changeSubscription({ next_payment: "fail" })),
    at(20, 12, (customer) => customer.check()),
  ],
  canceled: (context) => [
    buys(context.dice.between(2, 9), 20, "TEAM_WEEKLY"),
    at(12, 12, (customer) => customer.changeSubscription({ cancel: "at_period_end" })),
  ],
  upgraded: ({ prices, dice }) => [
    buys(dice.between(0, 6), 8, "PRO_MONTHLY"),
    at(dice.between(9, 19), 16, (customer) =>
      customer.changeSubscription({ price: prices["BUSINESS_MONTHLY"], proration: "always_invoice" }),
    ),
  ],
  paused: ({ dice }) => [
    buys(dice.between(0, 6), 16, "PRO_MONTHLY"),
    at(16, 16, (customer) => customer.changeSubscription({ pause: true })),
  ],
  consuming: (context) => [buys(0, 8, "CREDITS_1000"), ...consumes(context, 1)],
  packs_in_a_row: (context) => [
    buys(1, 12, "CREDITS_100"),
    buys(6, 12, "CREDITS_1000"),
    buys(13, 20, "CREDITS_1000"),
    ...consumes(context, 2),
  ],
  used_up: (context) => [
    buys(3, 8, "CREDITS_1000"),
    ...consumes(context, 4, 16),
    at(17, 20, (customer) => customer.consumeAll()),
    at(18, 8, (customer) => customer.consume(25)),
    at(19, 12, (customer) => customer.check()),
  ],
  pack_expired: ({ dice }) => [
    buys(dice.between(0, 4), 12, "CREDITS_100"),
    at(8, 12, (customer) => customer.consume(30)),
    at(20, 16, (customer) => customer.check()),
  ],
  pass_expired: ({ dice }) => {
    const day = dice.between(4, 17);
    return [buys(day, 8, "DAY_PASS"), at(day + 2, 12, (customer) => customer.check())];
  },
  pass_active: ({ dice }) => [
    buys(dice.between(17, 20), 20, "WEEK_PASS"),
    at(21, 12, (customer) => customer.check()),
  ],
  refunded: (context) => [
    buys(5, 16, "CREDITS_1000"),
    ...consumes(context, 6, 9),
    at(context.dice.between(10, 20), 12, (customer) => customer.refund()),
    at(21, 8, (customer) => customer.check()),
  ],
  partly_refunded: ({ support }) => [
    buys(7, 20, "CREDITS_1000"),
    at(18, 16, (customer) => customer.refund(1_500)),
    at(19, 8, (customer) => support.note(customer.ref, "Refunded 15 € of goodwill after the outage.")),
  ],
  disputed: ({ dice }) => [
    buys(dice.between(1, 12), 12, "CREDITS_1000"),
    at(19, dice.pick(hours), (customer) => customer.openDispute()),
  ],
  dispute_lost: () => [
    buys(2, 16, "WEEK_PASS"),
    at(5, 8, (customer) => customer.openDispute()),
    at(14, 12, (customer) => customer.endDispute("lost")),
  ],
  dispute_won: (context) => [
    buys(2, 20, "CREDITS_1000"),
    at(6, 12, (customer) => customer.openDispute()),
    at(15, 8, (customer) => customer.endDispute("won")),
    ...consumes(context, 16),
  ],
  hold_lifted: ({ support }) => [
    buys(4, 12, "CREDITS_1000"),
    at(11, 16, (customer) => customer.openDispute()),
    at(12, 12, (customer) =>
      support.liftHold(customer.ref, {
        reason: "our_mistake",
        text: "Ticket 5120: their bank opened it by mistake, confirmed by phone",
      }),
    ),
  ],
  debit_waiting: ({ dice }) => [
    at(dice.between(19, 20), 16, (customer) => customer.buy("CREDITS_1000", "unpaid")),
    at(21, 12, (customer) => customer.check()),
  ],
  debit_failed: () => [
    at(9, 12, (customer) => customer.buy("WEEK_PASS", "unpaid")),
    at(13, 8, (customer) => customer.settleDebit("failed")),
  ],
  granted: ({ support, dice }) => [
    at(dice.between(6, 19), 16, (customer) =>
      support.grant(customer.ref, {
        product_code: "CREDITS_1000",
        units: "500",
        reason: "paid_elsewhere",
        text: "Invoice 2077, paid by bank transfer",
      }),
    ),
    at(20, 20, (customer) => customer.consume(120)),
  ],
  grant_undone: ({ support }) => [
    at(10, 12, async (customer) => {
      const text = "Ticket 5098: locked out during the incident";
      const sequence = await support.grant(customer.ref, {
        product_code: "WEEK_PASS",
        reason: "incident",
        text,
      });
      await support.undo(customer.ref, sequence, { reason: "our_mistake", text: "Wrong customer" });
    }),
  ],
  credited: (context) => [
    buys(6, 8, "CREDITS_1000"),
    ...consumes(context, 7),
    at(17, 12, (customer) =>
      context.support.addUnits(customer.ref, 200, {
        reason: "goodwill",
        text: "Ticket 5133: a loop in our importer spent them",
      }),
    ),
    at(17, 12, (customer) =>
      context.support.note(customer.ref, "Very kind about the importer bug.\nCall first."),
    ),
  ],
  revoked: ({ support }) => [
    buys(8, 20, "WEEK_PASS"),
    at(10, 8, (customer) =>
      support.revoke(customer.ref, { reason: "abuse", text: "Resells the pass: see ticket 5140" }),
    ),
    at(10, 20, (customer) => customer.check()),
  ],
  never_paid: ({ dice }) => [
    at(dice.between(14, 20), 12, (customer) => customer.openCheckout("PRO_MONTHLY")),
    at(21, 8, (customer) => customer.check()),
  ],
};
