import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { deliverInOrder, deliverShuffled, deliverWithImport } from "./deliver.ts";
import { history } from "./model/arbitraries.ts";
import { buy, refund } from "./model/steps.ts";
import { playHistory } from "./stripe-model.ts";

const histories = Number(process.env["HISTORIES"] ?? 2_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

describe("Stripe events in any order", () => {
  it(`the subject reaches the in-order state from shuffled events (${histories} histories, SEED=${seed})`, () => {
    fc.assert(
      fc.property(history(2), ({ shape, actions, orders }) => {
        const model = playHistory(shape, actions);
        const end = model.nowMs + 1_000;
        const inOrder = deliverInOrder(model).result(end);
        for (const order of orders) expect(deliverShuffled(model, end, order).result(end)).toEqual(inOrder);
      }),
      { numRuns: histories, seed },
    );
  }, 240_000);

  it(`an import at any moment, among events in any order, ends as without it (${histories} histories, SEED=${seed})`, () => {
    fc.assert(
      fc.property(history(1), fc.nat(), fc.nat(), ({ shape, actions, orders }, seen, place) => {
        const model = playHistory(shape, actions);
        // An operator acts on what has arrived, and an import can be what lets it arrive.
        fc.pre(model.truth.operatorActions.length === 0);
        const end = model.nowMs + 1_000;
        const inOrder = deliverInOrder(model).result(end);
        // A read within the second of a change is settled by a later read, which knows the end of a former plan less exactly.
        const moments = [...model.events, null].flatMap((next, count) => {
          const last = Math.max(0, ...model.events.slice(0, count).map(({ event }) => event.created));
          return next === null || next.event.created > last ? [count] : [];
        });
        const imported = { events: moments[seen % moments.length] ?? 0, place };
        for (const order of orders)
          expect(deliverWithImport(model, end, order, imported).result(end)).toEqual(inOrder);
      }),
      { numRuns: histories, seed },
    );
  }, 240_000);

  it("the subject keeps an expired pack expired when its refund fails", () => {
    const model = playHistory("current", [
      buy("usage_pack"),
      refund(100, { status: "pending" }),
      { do: "finish_refund", refund: 0, status: "failed" },
    ]);
    const late = model.nowMs + 30 * dayMs;
    expect(deliverShuffled(model, late, [0]).result(late).entitlements[0]?.status).toBe("expired");
  });
});
