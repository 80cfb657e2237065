import { describe, expect, it } from "vitest";
import { decideStripe, type SubjectFact } from "./decide-stripe.ts";
import { applyEntry, emptyState, type SubjectState } from "./ledger.ts";

describe("decideStripe", () => {
  const origin = { attemptId: null, customerId: null, soldProductCode: null, metadata: null };
  const invoice = (outcome: "paid" | "failed"): SubjectFact => ({
    type: "invoice",
    invoiceId: "in_1",
    subscriptionId: "sub_1",
    origin,
    invoice: { outcome, periodEnd: 5_000 },
  });

  it.each([
    ["before the payment", ["failed", "paid"]],
    ["after the payment", ["paid", "failed"]],
  ] as const)("decideStripe() records an invoice as paid when its failure arrives %s", (_, outcomes) => {
    let state: SubjectState = emptyState;
    const context = { graceDays: 0, deriveEntitlementId: (source: string) => source };
    for (const outcome of outcomes) {
      const decision = decideStripe(state, invoice(outcome), { type: "clock" }, context, 9_000);
      if (decision.outcome === "change") state = applyEntry(state, decision.draft);
    }
    expect(state.records.get("sub_1")).toMatchObject({ invoices: { in_1: { outcome: "paid" } } });
  });
});
