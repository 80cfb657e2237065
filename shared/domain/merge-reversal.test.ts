import { describe, expect, it } from "vitest";
import { mergeReversal, type ReversalFact, type ReversalReport } from "./merge-reversal.ts";
import type { DisputeStatus, RefundStatus } from "./stripe-record.ts";

const said = <Status extends string>(status: Status, version: number): ReversalReport<Status> => ({
  id: "re_1",
  amount: 100,
  status,
  createdAt: 1_000,
  version,
});
const refund = (status: RefundStatus, version: number): ReversalFact => ({
  type: "refund",
  paymentIntentId: "pi_1",
  invoice: null,
  refund: said(status, version),
});
const dispute = (status: DisputeStatus, version: number): ReversalFact => ({
  type: "dispute",
  paymentIntentId: "pi_1",
  invoice: null,
  dispute: said(status, version),
});

/** Returns the status that two facts on one object lead to, for each order of arrival. */
const inBothOrders = (first: ReversalFact, second: ReversalFact) =>
  [
    [first, second],
    [second, first],
  ].map((facts) => {
    const record = facts.reduce<ReturnType<typeof mergeReversal> | null>(mergeReversal, null);
    return (record?.refunds["re_1"] ?? record?.disputes["re_1"])?.status;
  });

describe("mergeReversal", () => {
  it("mergeReversal() keeps the later of two facts on one object in either order of arrival", () => {
    expect(inBothOrders(refund("succeeded", 2_000), refund("pending", 9_000))).toEqual([
      "pending",
      "pending",
    ]);
    expect(inBothOrders(dispute("needs_response", 2_000), dispute("won", 9_000))).toEqual(["won", "won"]);
    expect(inBothOrders(dispute("lost", 2_000), dispute("won", 9_000))).toEqual(["won", "won"]);
  });

  it("mergeReversal() keeps the more advanced status when two facts have the same second", () => {
    expect(inBothOrders(refund("pending", 2_000), refund("failed", 2_000))).toEqual(["failed", "failed"]);
    expect(inBothOrders(dispute("under_review", 2_000), dispute("lost", 2_000))).toEqual(["lost", "lost"]);
  });
});
