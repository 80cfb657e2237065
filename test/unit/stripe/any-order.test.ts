import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { deliverInOrder, deliverShuffled } from "./deliver.ts";
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
