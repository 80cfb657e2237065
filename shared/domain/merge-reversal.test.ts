import fc from "fast-check";
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

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

function mergeAll(facts: ReversalFact[]) {
  const record = facts.reduce<ReturnType<typeof mergeReversal> | null>(mergeReversal, null);
  if (record === null) throw new Error("No fact was given.");
  return record;
}

/** Returns the status that two facts on one object lead to, for each order of arrival. */
const inBothOrders = (first: ReversalFact, second: ReversalFact) =>
  [
    [first, second],
    [second, first],
  ].map((facts) => {
    const record = mergeAll(facts);
    return (record.refunds["re_1"] ?? record.disputes["re_1"])?.status;
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

  it("a dispute that was lost, appealed and lost again counts from its second loss in every order", () => {
    const reports = [dispute("lost", 1_000), dispute("appeal_under_review", 2_000), dispute("lost", 3_000)];
    for (const order of [reports, reports.toReversed(), [reports[2], reports[0], reports[1]]])
      expect(mergeAll(order.filter((fact) => fact !== undefined)).disputes["re_1"]?.since).toBe(3_000);
  });

  it(`mergeReversal() merges reports of one dispute to the same record in every order (SEED=${seed})`, () => {
    const report = fc.record({
      status: fc.constantFrom<DisputeStatus>("needs_response", "lost", "appeal_under_review", "won"),
      version: fc.integer({ min: 1, max: 5 }),
      amount: fc.constantFrom(60, 100),
    });
    const reports = fc.uniqueArray(report, {
      minLength: 1,
      maxLength: 8,
      selector: (each) => JSON.stringify(each),
    });
    const orders = reports.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(orders, ([all, shuffled]) => {
        const merge = (each: typeof all) =>
          mergeAll(
            each.map((fields) => ({
              type: "dispute",
              paymentIntentId: "pi_1",
              invoice: null,
              dispute: { ...said(fields.status, fields.version), amount: fields.amount },
            })),
          );
        expect(merge([...shuffled, ...all])).toEqual(merge(all));
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it("a record from before reports were kept counts its status from when it was first reported", () => {
    const older = mergeAll([dispute("lost", 2_000), dispute("lost", 5_000)]);
    const stored = older.disputes["re_1"];
    if (stored === undefined) throw new Error("The dispute was not recorded.");
    const { reports: _, ...withoutReports } = stored;
    const record = { ...older, disputes: { re_1: withoutReports } };
    expect(mergeReversal(record, dispute("lost", 9_000)).disputes["re_1"]?.since).toBe(2_000);
    expect(mergeReversal(record, dispute("won", 9_000)).disputes["re_1"]?.since).toBe(9_000);
  });

  it("a dispute that is read a hundred times keeps few reports, and its first moment", () => {
    const reread = Array.from({ length: 100 }, (_, day) => dispute("lost", 2_000 + day));
    const merged = mergeAll([dispute("needs_response", 1_000), ...reread]).disputes["re_1"];
    expect(merged?.since).toBe(2_000);
    expect(merged?.reports?.length).toBeLessThanOrEqual(20);
  });
});
