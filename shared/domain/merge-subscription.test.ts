import { describe, expect, it } from "vitest";
import { toComparedAttributes } from "./compared-attributes.ts";
import { mergeObservations } from "./merge-subscription.ts";
import type { ComparedAttributes, Observation, SubscriptionRecord } from "./stripe-record.ts";

const record = { observations: [] as Observation[] } as SubscriptionRecord;

function update(
  sourceId: string,
  state: Partial<Observation>,
  previous: Partial<ComparedAttributes>,
): Observation {
  const unchanged = { status: "active" as const, items: [], startedAt: 0, cancelAtPeriodEnd: false };
  return {
    ...unchanged,
    endedAt: null,
    isCollectionPaused: false,
    ...state,
    sourceId,
    at: 1_000,
    said: "updated",
    previous,
  };
}

const compareIds = (a: Observation, b: Observation) => (a.sourceId < b.sourceId ? -1 : 1);

const permutations = <T>(all: T[]): T[][] =>
  all.length < 2
    ? [all]
    : all.flatMap((one) => permutations(all.filter((other) => other !== one)).map((rest) => [one, ...rest]));

describe("mergeObservations", () => {
  it("updates of one second end with collection resumed in any order of arrival", () => {
    // Ids sort against the order of the changes, so only the changes themselves give it.
    const changes = [
      update("evt_3", { isCollectionPaused: true }, { isCollectionPaused: false }),
      update("evt_2", { isCollectionPaused: true, cancelAtPeriodEnd: true }, { cancelAtPeriodEnd: false }),
      update("evt_1", { cancelAtPeriodEnd: true }, { isCollectionPaused: true }),
    ];
    for (const order of permutations(changes)) {
      let merged = mergeObservations(record, []);
      for (const change of order) merged = mergeObservations(merged.record, [change]);
      expect(merged.record.observations.map(({ sourceId }) => sourceId)).toEqual(["evt_3", "evt_2", "evt_1"]);
      expect(merged.isSettled).toBe(true);
    }
  });

  it("more than 12 updates of one second end in the same state in any order of arrival", () => {
    const item = (priceId: string) => [
      { itemId: "si_1", createdAt: 0, quantity: 1, priceId, productCode: priceId, currentPeriodEnd: 9_000 },
    ];
    const states: Partial<Observation>[] = [
      ...Array.from({ length: 16 }, (_, index) => ({
        isCollectionPaused: index % 2 === 1,
        items: item("a"),
      })),
      { isCollectionPaused: true, items: item("b") },
      { isCollectionPaused: true, items: item("b"), cancelAtPeriodEnd: true },
    ];
    const changes = states.slice(1).map((state, index) => {
      const before = update("", states[index] ?? {}, {});
      return update(`evt_${(index * 7) % 17}`, state, toComparedAttributes(before));
    });
    const first = { ...update("evt_first", states[0] ?? {}, {}), at: 0 };
    const orders = [changes, changes.toReversed(), changes.toSorted(compareIds)];
    for (const order of orders) {
      let merged = mergeObservations(record, [first]);
      for (const change of order) merged = mergeObservations(merged.record, [change]);
      expect(merged.isSettled).toBe(true);
      expect(merged.record.observations.at(-1)).toMatchObject(states.at(-1) ?? {});
      expect(merged.record.observations).toHaveLength(1 + changes.length);
    }
  });

  it("a second with many old updates keeps its order", () => {
    const toggle = (index: number, at: number) => ({
      ...update(
        `evt_${at}_${index}`,
        { isCollectionPaused: index % 2 === 0, status: index % 2 === 0 ? "past_due" : "active" },
        { isCollectionPaused: index % 2 === 1, status: index % 2 === 1 ? "past_due" : "active" },
      ),
      at,
    });
    const sameSecond = Array.from({ length: 9 }, (_, index) => toggle(index, 1_000));
    const later = Array.from({ length: 60 }, (_, index) => ({
      ...update(`evt_later_${index}`, { status: "past_due" }, {}),
      at: 2_000 + index * 1_000,
    }));
    let merged = mergeObservations(record, []);
    for (const change of [...later, ...sameSecond]) merged = mergeObservations(merged.record, [change]);
    const kept = merged.record.observations.filter(({ at }) => at === 1_000);
    expect(kept.map(({ status }) => status)).toEqual(sameSecond.map(({ status }) => status));
    expect(merged.record.observations.length).toBeLessThan(sameSecond.length + later.length);
  });
});
