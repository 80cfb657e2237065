import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { examplesOfEachShape } from "./examples/all.ts";
import { describeHistory } from "./model/describe-history.ts";
import { decideByOracle } from "./oracle.ts";
import { playHistory } from "./stripe-model.ts";

describe("The oracle of coverage", () => {
  it.each(examplesOfEachShape)("%s (%s shape)", (_, shape, { history, daysLater = 0, products }) => {
    const { truth, events, nowMs } = playHistory(shape, history);
    const answer = decideByOracle(truth, nowMs + 1_000 + daysLater * dayMs, 3);
    expect(answer.products, describeHistory(truth, events)).toEqual(products);
  });
});
