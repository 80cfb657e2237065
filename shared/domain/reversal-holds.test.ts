import { describe, expect, it } from "vitest";
import { buildSubscriptionRecord } from "../../test/unit/stripe/subscription-record.ts";
import { collectCoverage } from "./coverage.ts";
import { findHolds } from "./reversal-holds.ts";
import type { InvoiceLine, PaymentRecord } from "./stripe-record.ts";

const dayMs = 86_400_000;
const line = (start: number, end: number, itemId = "si_base"): InvoiceLine => ({
  itemId,
  priceId: `price_${itemId}`,
  productCode: "PRO",
  quantity: 1,
  amount: 2_900,
  start: start * dayMs,
  end: end * dayMs,
});

function findHoldsOf(invoices: Record<string, InvoiceLine[]>, refundedInvoice: string) {
  const terms = (lines: InvoiceLine[]) => ({
    periodEnd: null,
    amountPaid: 2_900,
    currency: "eur",
    paidAt: 0,
    lines,
  });
  const record = buildSubscriptionRecord(
    Object.fromEntries(
      Object.entries(invoices).map(([id, lines]) => [id, { outcome: "paid" as const, ...terms(lines) }]),
    ),
  );
  const at = 35 * dayMs;
  const payment: PaymentRecord = {
    type: "payment",
    recordId: "pi_1",
    invoice: {
      invoiceId: refundedInvoice,
      subscriptionId: "sub_1",
      ...terms(invoices[refundedInvoice] ?? []),
    },
    refunds: {
      re_1: { id: "re_1", amount: 2_900, status: "succeeded", createdAt: at, version: at, since: at },
    },
    disputes: {},
  };
  return findHolds(collectCoverage(record, [payment], []).lines, []);
}

describe("findHolds", () => {
  it("a refunded month denies access although its invoice also has the usage of the month before", () => {
    const holds = findHoldsOf(
      { in_may: [line(0, 31)], in_june: [line(31, 61), line(0, 31, "si_usage")] },
      "in_june",
    );
    expect(holds).toMatchObject([{ causeId: "pi_1", window: { from: 31 * dayMs, until: null } }]);
  });

  it("a refunded payment is held although only the failed attempt of its invoice arrived", () => {
    const terms = { periodEnd: null, amountPaid: 2_900, currency: "eur", paidAt: 0, lines: [line(0, 31)] };
    const payment: PaymentRecord = {
      type: "payment",
      recordId: "pi_1",
      invoice: { invoiceId: "in_1", subscriptionId: "sub_1", ...terms },
      refunds: {
        re_1: { id: "re_1", amount: 2_900, status: "succeeded", createdAt: 1, version: 1, since: 1 },
      },
      disputes: {},
    };
    const record = buildSubscriptionRecord({ in_1: { outcome: "failed", periodEnd: null } });
    expect(findHolds(collectCoverage(record, [payment], []).lines, [])).toMatchObject([{ causeId: "pi_1" }]);
  });

  it("a refunded year denies although the usage of a month within it was paid", () => {
    const holds = findHoldsOf({ in_year: [line(0, 365)], in_usage: [line(0, 31, "si_usage")] }, "in_year");
    expect(holds).toMatchObject([{ window: { from: 31 * dayMs, until: null } }]);
  });

  it("a hold ends with the start of the next paid period", () => {
    const holds = findHoldsOf({ in_may: [line(0, 31)], in_june: [line(31, 61)] }, "in_may");
    expect(holds).toMatchObject([{ window: { from: null, until: 31 * dayMs } }]);
  });
});
