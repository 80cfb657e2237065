import fc from "fast-check";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import type { SignalSettings } from "../../../shared/domain/signal-settings.ts";
import { Subscriber } from "../usage/subscriber.ts";

export const settings = (
  version: number,
  lowBalance: SignalSettings["project"]["lowBalance"],
  expiringDays: number | null,
  products: SignalSettings["products"] = {},
): SignalSettings => ({ version, project: { lowBalance, expiringDays }, products });

export const percent = (value: number) => ({ value, in: "percent" as const });
export const inUnits = (value: number) => ({ value, in: "units" as const });

const pick = fc.nat({ max: 9 });
const units = fc.integer({ min: 1, max: 120 });
const name = fc.constantFrom("cs_a", "cs_b", "cs_c");
const rule = fc.constantFrom(null, percent(10), percent(50), inUnits(20), inUnits(200));
const days = fc.constantFrom(null, 1, 2, 5);
const override = fc.constantFrom<SignalSettings["products"]>(
  {},
  { CREDITS: { lowBalance: inUnits(40) } },
  { CREDITS: { lowBalance: null, expiringDays: 3 } },
  { PASS: { expiringDays: null } },
);

/** Something that happens to a customer: a purchase, use, a reversal, an operator, changed settings, or time. */
export type Step = (customer: Subscriber) => unknown;
const holdOf = (customer: Subscriber, at: number) => [...customer.state.reservations.keys()][at] ?? "";
const version = (customer: Subscriber) => customer.entries.length + 1;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(name, fc.integer({ min: 1, max: 200 }), fc.option(fc.integer({ min: 1, max: 8 }))).map(
    ([lot, count, expiry]): Step =>
      (customer) =>
        customer.buy(lot, count, expiry),
  ),
  fc.tuple(name, fc.integer({ min: 1, max: 8 })).map(
    ([lot, length]): Step =>
      (customer) =>
        customer.buyPass(`pass_${lot}`, length),
  ),
  {
    weight: 4,
    arbitrary: units.map(
      (count): Step =>
        (customer) =>
          customer.consume(count),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(units, fc.integer({ min: 1_000, max: dayMs })).map(
      ([count, ms]): Step =>
        (customer) =>
          customer.reserve(count, ms),
    ),
  },
  fc.tuple(pick, fc.nat({ max: 100 })).map(
    ([at, count]): Step =>
      (customer) =>
        customer.settle(holdOf(customer, at), count),
  ),
  pick.map(
    (at): Step =>
      (customer) =>
        customer.release(holdOf(customer, at)),
  ),
  pick.map(
    (at): Step =>
      (customer) =>
        customer.reverse(at + 1),
  ),
  fc.tuple(name, fc.constantFrom("succeeded" as const, "failed" as const)).map(
    ([lot, status]): Step =>
      (customer) =>
        customer.refund(lot, status),
  ),
  fc.tuple(name, fc.constantFrom("needs_response" as const, "won" as const, "lost" as const)).map(
    ([lot, status]): Step =>
      (customer) =>
        customer.dispute(lot, status),
  ),
  fc.tuple(name, fc.constantFrom("add" as const, "remove" as const, "set" as const), units).map(
    ([entitlementId, how, count]): Step =>
      (customer) =>
        customer.operate({ type: "adjust", entitlementId, how, units: count }),
  ),
  name.map(
    (entitlementId): Step =>
      (customer) =>
        customer.operate({ type: "revoke", entitlementId }),
  ),
  { weight: 2, arbitrary: fc.constant<Step>((customer) => customer.payPlan()) },
  fc.boolean().map(
    (cancelAtPeriodEnd): Step =>
      (customer) =>
        customer.changePlan({ cancelAtPeriodEnd }),
  ),
  fc.constant<Step>((customer) => customer.changePlan({ isOver: true })),
  fc.constantFrom("needs_response" as const, "won" as const, "lost" as const).map(
    (status): Step =>
      (customer) =>
        customer.disputePlan(status),
  ),
  fc.tuple(rule, days, override).map(
    ([low, count, products]): Step =>
      (customer) =>
        customer.learn(settings(version(customer), low, count, products)),
  ),
  {
    weight: 5,
    arbitrary: fc.integer({ min: 1, max: 2 * dayMs }).map(
      (ms): Step =>
        (customer) => {
          customer.now += ms;
        },
    ),
  },
  fc.constant<Step>((customer) => customer.wake()),
);
export const history = fc.array(step, { maxLength: 40, size: "max" });

/** Plays steps after the settings: low at 10 %, and an end is near 3 days before. */
export function play(steps: Step[]): Subscriber {
  const customer = new Subscriber();
  customer.learn(settings(1, percent(10), 3));
  for (const each of steps) each(customer);
  return customer;
}
