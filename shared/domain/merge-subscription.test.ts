import { describe, expect, it } from "vitest";
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
});
