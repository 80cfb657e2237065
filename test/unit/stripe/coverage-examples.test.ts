import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { decideByCode } from "./decide-by-code.ts";
import { deliverInOrder, deliverShuffled } from "./deliver.ts";
import { examplesOfEachShape } from "./examples/all.ts";
import type { Merger } from "./merge-event.ts";
import { describeHistory } from "./model/describe-history.ts";
import { playHistory } from "./stripe-model.ts";

const graceDays = 3;

/** Keys that keep the order, reverse it, and mix it. */
const orders = [
  Array.from({ length: 1_000 }, () => 0),
  Array.from({ length: 1_000 }, (_, index) => 1_000 - index),
  Array.from({ length: 1_000 }, (_, index) => (index * 389) % 997),
];

describe("Coverage by example", () => {
  it.each(examplesOfEachShape)(
    "%s (%s shape)",
    (_, shape, { history, daysLater = 0, products, flags = {} }) => {
      const model = playHistory(shape, history);
      const end = model.nowMs + 1_000;
      const mergers = [
        deliverInOrder(model, graceDays),
        ...orders.map((order) => deliverShuffled(model, end, order, graceDays)),
      ];
      for (const merger of mergers) {
        const description = describeHistory(model.truth, model.events);
        const answer = decideByCode(merger, model.truth, end + daysLater * dayMs);
        expect(answer.products, description).toEqual(products);
        expect(listFlags(merger), description).toEqual(flags);
      }
    },
  );
});

function listFlags({ state }: Merger): Record<string, string[]> {
  const flagged = [...state.entitlements.values()].filter(({ flags }) => flags.length > 0);
  return Object.fromEntries(flagged.map(({ productCode, flags }) => [productCode, flags]));
}
