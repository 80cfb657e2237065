import { describe, expect, it } from "vitest";
import { decideStripe, type SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { applyEntry, emptyState, type SubjectState } from "../../../shared/domain/ledger.ts";
import { mergeReversal, type ReversalFact, type Said } from "../../../shared/domain/merge-payment.ts";
import type { DisputeStatus, RefundStatus } from "../../../shared/domain/stripe-record.ts";

const said = <Status extends string>(status: Status, version: number): Said<Status> => ({
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

/** What remains of two words of Stripe's, in whichever order they come. */
const inBothOrders = (first: ReversalFact, second: ReversalFact) =>
  [
    [first, second],
    [second, first],
  ].map((facts) => {
    const record = facts.reduce<ReturnType<typeof mergeReversal> | null>(mergeReversal, null);
    return (record?.refunds["re_1"] ?? record?.disputes["re_1"])?.status;
  });

describe("of two words on one object", () => {
  it("the later one stands, whatever it says", () => {
    expect(inBothOrders(refund("succeeded", 2_000), refund("pending", 9_000))).toEqual([
      "pending",
      "pending",
    ]);
    expect(inBothOrders(dispute("needs_response", 2_000), dispute("won", 9_000))).toEqual(["won", "won"]);
    expect(inBothOrders(dispute("lost", 2_000), dispute("won", 9_000))).toEqual(["won", "won"]);
  });

  it("within one second the one farther along its way stands", () => {
    expect(inBothOrders(refund("pending", 2_000), refund("failed", 2_000))).toEqual(["failed", "failed"]);
    expect(inBothOrders(dispute("under_review", 2_000), dispute("lost", 2_000))).toEqual(["lost", "lost"]);
  });
});

describe("an invoice that failed and was paid in the end", () => {
  const origin = { attemptId: null, customerId: null, soldProductCode: null, metadata: null };
  const invoice = (outcome: "paid" | "failed"): SubjectFact => ({
    type: "invoice",
    invoiceId: "in_1",
    subscriptionId: "sub_1",
    origin,
    outcome,
    periodEnd: 5_000,
  });

  it.each([
    ["in order", ["failed", "paid"]],
    ["with the failure told last", ["paid", "failed"]],
  ] as const)("is paid, %s", (_, outcomes) => {
    let state: SubjectState = emptyState;
    const context = { graceDays: 0, entitlementIdOf: (source: string) => source };
    for (const outcome of outcomes) {
      const decision = decideStripe(state, invoice(outcome), { type: "clock" }, context, 9_000);
      if (decision.outcome === "change") state = applyEntry(state, decision.draft);
    }
    expect(state.records.get("sub_1")).toMatchObject({ invoices: { in_1: { outcome: "paid" } } });
  });
});
