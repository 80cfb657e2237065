import { describe, expect, it } from "vitest";
import { type ImpliedHold, updateHolds } from "./holds.ts";

const refund = (placedAt: number, causeId = "pi_1"): ImpliedHold => ({
  causeId,
  relatedCauseIds: ["pi_1", "dp_1"],
  reason: "refund",
  placedAt,
  window: { from: null, until: null },
});
const lift = (liftedAt: number) => updateHolds([], [refund(100)]).map((hold) => ({ ...hold, liftedAt }));

describe("updateHolds", () => {
  it("a lifted hold stays lifted when the same reversal is reported again", () => {
    expect(updateHolds(lift(500), [refund(100)])).toMatchObject([{ liftedAt: 500 }]);
    // Stripe's clock may run ahead of ours.
    expect(updateHolds(lift(90), [refund(100)])).toMatchObject([{ liftedAt: 90 }]);
  });

  it("a refund after the lift blocks again, whether the lifted one failed before it or after it", () => {
    const failedFirst = updateHolds(updateHolds(lift(500), []), [refund(700)]);
    const failedLast = updateHolds(updateHolds(lift(500), [refund(100)]), [refund(700)]);
    expect(failedFirst).toEqual(failedLast);
    expect(failedLast).toMatchObject([{ liftedAt: null }]);
  });

  it("a lift is found under the id of another payment of the same invoice", () => {
    const hold = { ...refund(100, "pi_0"), relatedCauseIds: ["pi_1"] };
    expect(updateHolds(lift(500), [hold])).toMatchObject([{ causeId: "pi_0", liftedAt: 500 }]);
  });

  it("a lift covers an earlier reversal of the same payment that arrives later", () => {
    expect(updateHolds(lift(500), [refund(100), refund(400, "dp_1")])).toMatchObject([
      { causeId: "dp_1", liftedAt: 500 },
      { causeId: "pi_1", liftedAt: 500 },
    ]);
  });

  it("a lift leaves the other hold that the operator saw", () => {
    const [first, second] = updateHolds([], [refund(100), refund(400, "dp_1")]);
    if (first === undefined || second === undefined) throw new Error("no holds");
    const before = [first, { ...second, liftedAt: 500 }];
    expect(updateHolds(before, [refund(100), refund(400, "dp_1")])).toMatchObject([
      { causeId: "dp_1", liftedAt: null },
      { causeId: "pi_1", liftedAt: 500 },
    ]);
  });
});
