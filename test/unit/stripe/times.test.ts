import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { handledEventTypes } from "../../../shared/stripe/handled-event-types.ts";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";
import { parseStripeEvent } from "../../../shared/stripe/parse-event.ts";

/**
 * Replaces each time of each handled event with what is no time of the calendar. The event is refused in
 * words, or the time is not read at all: no fact has a time that a page can't show.
 */

const time = 1_790_000_000;
const month = 30 * 86_400;

const item = {
  id: "si_1",
  created: time,
  quantity: 1,
  price: { id: "price_1", created: time },
  current_period_start: time,
  current_period_end: time + month,
};

const subscription = {
  id: "sub_1",
  status: "canceled",
  created: time,
  start_date: time,
  cancel_at: time + month,
  ended_at: time + month,
  canceled_at: time,
  trial_start: time,
  trial_end: time + month,
  billing_cycle_anchor: time,
  items: { data: [item] },
};

/** As in versions of the API before 2025. */
const oldSubscription = {
  ...subscription,
  start_date: undefined,
  current_period_end: time + month,
  items: { data: [{ ...item, current_period_end: undefined }] },
};

const line = {
  amount: 2_900,
  quantity: 1,
  period: { start: time, end: time + month },
  parent: { subscription_item_details: { subscription_item: "si_1" } },
  pricing: { price_details: { price: "price_1" } },
};

const objects: [prefix: string, object: object, previous?: object][] = [
  [
    "checkout.session.",
    { id: "cs_1", payment_status: "paid", created: time, expires_at: time, amount_total: 4_900 },
  ],
  ["customer.subscription.", subscription, { cancel_at: time, items: { data: [item] } }],
  ["customer.subscription.", oldSubscription, { current_period_end: time }],
  [
    "invoice.",
    {
      id: "in_1",
      status: "paid",
      created: time,
      due_date: time,
      period_end: time,
      status_transitions: { paid_at: time },
      lines: { data: [line] },
    },
  ],
  ["charge.refunded", { id: "ch_1", created: time, payment_intent: "pi_1" }],
  ["refund.", { id: "re_1", created: time, amount: 100, status: "succeeded", payment_intent: "pi_1" }],
  ["charge.dispute.", { id: "du_1", created: time, amount: 100, status: "lost", payment_intent: "pi_1" }],
];

const events = handledEventTypes.flatMap((type) =>
  objects
    .filter(([prefix]) => type.startsWith(prefix))
    .map(([, object, previous]) => {
      const previous_attributes = type.endsWith(".updated") ? previous : undefined;
      return { id: "evt_1", type, created: time, data: { object, previous_attributes } };
    }),
);

type Path = (string | number)[];

/** The paths of all times in the value. No other number of these events is as large. */
function findTimes(value: unknown, path: Path = []): Path[] {
  if (typeof value === "number") return value >= time ? [path] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, member]) => findTimes(member, [...path, name]));
}

function replaceAt(event: unknown, path: Path, value: unknown): Stripe.Event {
  const copy = structuredClone(event) as Record<string | number, unknown>;
  let parent = copy;
  for (const name of path.slice(0, -1)) parent = parent[name] as typeof parent;
  parent[path.at(-1) ?? ""] = value;
  return copy as unknown as Stripe.Event;
}

/** The numbers of the facts; amounts and counts are within the calendar as well. */
function findNumbers(value: unknown): unknown[] {
  if (typeof value === "number") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(findNumbers);
}

const noTimes = [-1, 253_402_300_800, 8.64e15, Number.MAX_SAFE_INTEGER, 1e300, 1.5, Number.NaN, "1790000000"];
const calendarEnd = 253_402_300_799_000;

describe.each(events.map((event, index) => [`${event.type} (${index})`, event] as const))(
  "%s",
  (_, event) => {
    it("is read unchanged", () => {
      expect(() => parseStripeEvent(event as unknown as Stripe.Event)).not.toThrow();
    });

    it("a time beyond the calendar never gets into a fact", () => {
      const times = findTimes(event);
      expect(times.length).toBeGreaterThan(1);
      for (const path of times)
        for (const value of noTimes) {
          const changed = replaceAt(event, path, value);
          let facts: unknown;
          try {
            facts = parseStripeEvent(changed);
          } catch (error) {
            expect(error).toBeInstanceOf(UnreadableObjectError);
            expect((error as Error).message).toMatch(/^unreadable: .+ is not a time$/);
            continue;
          }
          // The time is not read, so the facts are those of the unchanged event.
          expect(facts, `${path.join(".")} = ${value}`).toEqual(
            parseStripeEvent(event as unknown as Stripe.Event),
          );
          for (const number of findNumbers(facts)) expect(number).toBeLessThanOrEqual(calendarEnd);
        }
    });
  },
);

describe("the walk", () => {
  it("has an object of every handled type", () => {
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(handledEventTypes));
  });

  it("no code but the schema's converts Stripe's seconds", () => {
    const root = join(import.meta.dirname, "../../..");
    const files = ["shared", "workers"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => /(?<!\.test)\.tsx?$/.test(name))
        .map((name) => join(folder, name)),
    );
    const converts = (name: string) =>
      /\b(seconds|data|created|\w+_at|\w+_date|\w+_end|\w+_start|\.start|\.end)\s*\* (1_?000\b|1e3)/.test(
        readFileSync(join(root, name), "utf8"),
      );
    expect(files.filter(converts)).toEqual(["shared/stripe/object-fields.ts"]);
  });
});
