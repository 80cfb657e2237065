import { describe, expect, it } from "vitest";
import { decideStripe, type SubjectFact } from "./decide-stripe.ts";
import { dayMs } from "./entitlement.ts";
import type { PurchaseFact } from "./grant-purchase.ts";
import { applyEntry, emptyState, type SubjectState } from "./ledger.ts";

const begun = 10 * dayMs;
const succeeded = 13 * dayMs;

const purchase = (
  kind: "usage_pack" | "time_pass",
  paidAt: number,
  from: "event" | "read",
): PurchaseFact => ({
  type: "purchase",
  terms: {
    kind,
    productCode: "PRODUCT",
    units: kind === "usage_pack" ? 100 : null,
    durationDays: kind === "time_pass" ? 5 : null,
    expiresAfterDays: kind === "usage_pack" ? 30 : null,
  },
  paidAt,
  paidAtFrom: from,
  purchase: {
    attemptId: "att_1",
    checkoutSessionId: "cs_1",
    paymentIntentId: "pi_1",
    subscriptionId: null,
    customerId: null,
    amountTotal: 4_900,
    currency: "eur",
    metadata: {},
  },
});

const refund = (status: "succeeded" | "failed", version: number): SubjectFact => ({
  type: "refund",
  paymentIntentId: "pi_1",
  invoice: null,
  refund: { id: "re_1", amount: 4_900, currency: "eur", status, createdAt: 14 * dayMs, version },
});

function merge(facts: SubjectFact[]) {
  let state: SubjectState = emptyState;
  const context = { graceDays: 0, deriveEntitlementId: (source: string) => source };
  for (const fact of facts) {
    const decision = decideStripe(state, fact, { type: "clock" }, context, 15 * dayMs);
    if (decision.outcome === "change") state = applyEntry(state, decision.draft);
  }
  return state.entitlements.get("cs_1");
}

describe("grantPurchase", () => {
  it.each(["usage_pack", "time_pass"] as const)(
    "a %s gets the time of its payment's event in any order of read, event and undone refund",
    (kind) => {
      const read = purchase(kind, begun, "read");
      const event = purchase(kind, succeeded, "event");
      const [refunded, undone] = [refund("succeeded", 14 * dayMs), refund("failed", 15 * dayMs)];
      const expected = merge([event]);
      expect(expected).toMatchObject({ paidAt: succeeded, status: "active" });
      for (const facts of [
        [read, event, refunded, undone],
        [read, refunded, event, undone],
        [read, refunded, undone, event],
        [refunded, read, event, undone],
      ])
        expect(merge(facts)).toEqual(expected);
    },
  );

  it("a read after the event changes nothing", () => {
    const event = purchase("usage_pack", succeeded, "event");
    expect(merge([event, purchase("usage_pack", begun, "read")])).toEqual(merge([event]));
  });
});
