import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { decideByCode, flagByCode } from "./decide-by-code.ts";
import { deliverInOrder, deliverShuffled } from "./deliver.ts";
import type { Merger } from "./merge-event.ts";
import { type History, history, operatedHistory } from "./model/arbitraries.ts";
import { describeHistory, describeTime } from "./model/describe-history.ts";
import { decideByOracle, flagByOracle } from "./oracle.ts";
import { playHistory, type StripeModel } from "./stripe-model.ts";

const histories = Number(process.env["HISTORIES"] ?? 5_000);
const operatedHistories = Math.ceil(histories / 5);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const graceDays = 3;

describe("Coverage", () => {
  it(`the decision after any order of events is the oracle's (${histories} histories, SEED=${seed})`, () => {
    fc.assert(fc.property(history(1), compareWithOracle), { numRuns: histories, seed });
  }, 240_000);

  it(`an operator's action among the events changes nothing in that (${operatedHistories} histories)`, () => {
    fc.assert(fc.property(operatedHistory(1), compareWithOracle), { numRuns: operatedHistories, seed });
  }, 240_000);
});

function compareWithOracle({ shape, actions, orders }: History): void {
  const model = playHistory(shape, actions);
  const end = model.nowMs + 1_000;
  compare(model, deliverInOrder(model, graceDays), "in order", end);
  for (const order of orders) compare(model, deliverShuffled(model, end, order, graceDays), "shuffled", end);
}

/** Compares at the end of the history, and where the clock alone changes something: periods and grace end. */
function compare(model: StripeModel, merger: Merger, how: string, end: number): void {
  compareFlags(model, merger, how);
  for (const now of listMoments(model, end)) {
    const expected = decideByOracle(model.truth, now, graceDays);
    const actual = decideByCode(merger, model.truth, now);
    if (JSON.stringify(expected) === JSON.stringify(actual)) continue;
    expect.fail(
      `${how}, at ${describeTime(now / 1_000)}:\n` +
        `the oracle says ${JSON.stringify(expected)}\nthe code says   ${JSON.stringify(actual)}\n` +
        describeHistory(model.truth, model.events),
    );
  }
}

/** Compares the flags of all products. One that is not granted has none. */
function compareFlags({ truth, events }: StripeModel, merger: Merger, how: string): void {
  const expected = flagByOracle(truth);
  const actual = flagByCode(merger, truth);
  for (const product of Object.keys({ ...expected, ...actual }))
    expect(actual[product] ?? [], `${how}, flags of ${product}:\n${describeHistory(truth, events)}`).toEqual(
      expected[product] ?? [],
    );
}

function listMoments({ truth }: StripeModel, end: number): number[] {
  const ends = truth.invoices.flatMap(({ lines }) => lines.map((line) => line.end * 1_000));
  const later = ends.filter((moment) => moment > end);
  return [...new Set([end, end + 4 * dayMs, ...later.flatMap((moment) => [moment - 1, moment])])];
}
