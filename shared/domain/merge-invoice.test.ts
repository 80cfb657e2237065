import { describe, expect, it } from "vitest";
import { mergeInvoice } from "./merge-invoice.ts";
import type { RecordedInvoice } from "./stripe-record.ts";

const weekMs = 7 * 86_400_000;
const paid = (week: number, change: Partial<RecordedInvoice> = {}): RecordedInvoice => ({
  outcome: "paid",
  periodEnd: week * weekMs,
  amountPaid: 2_900,
  currency: "eur",
  paidAt: week * weekMs - 1,
  lines: [
    {
      itemId: "si_1",
      priceId: "price_pro",
      productCode: "PRO",
      quantity: 1,
      amount: 2_900,
      start: (week - 1) * weekMs,
      end: week * weekMs,
    },
  ],
  ...change,
});

describe("mergeInvoice", () => {
  it("an invoice older than the newest 40 loses its lines and keeps what was paid", () => {
    let invoices = mergeInvoice({}, "in_free", paid(1, { amountPaid: 0 }));
    for (let week = 2; week <= 41; week++) invoices = mergeInvoice(invoices, `in_${week}`, paid(week));
    const { lines, ...kept } = paid(1, { amountPaid: 0 });
    expect(lines).toHaveLength(1);
    expect(invoices["in_free"]).toEqual(kept);
    expect(mergeInvoice(invoices, "in_free", paid(1, { amountPaid: 0 }))).toEqual(invoices);
  });

  it("the amount of an invoice that was paid in parts does not depend on the order of its reports", () => {
    const reports = [paid(1, { amountPaid: 2_000 }), paid(1, { amountPaid: 4_900 })];
    const merge = (all: RecordedInvoice[]) =>
      all.reduce((invoices, report) => mergeInvoice(invoices, "in_1", report), {});
    expect(merge(reports)).toEqual(merge(reports.toReversed()));
    expect(merge(reports)).toMatchObject({ in_1: { amountPaid: 4_900 } });
  });

  it("a line without a product does not take that of another line when Stripe lists them in another order", () => {
    const [known] = paid(1).lines ?? [];
    if (known === undefined) throw new Error("no line");
    const unknown = { ...known, itemId: "si_2", priceId: "price_other", productCode: null };
    const first = mergeInvoice({}, "in_1", paid(1, { lines: [unknown, known] }));
    expect(mergeInvoice(first, "in_1", paid(1, { lines: [known, unknown] }))).toEqual(first);
  });

  it("the far end of a credit line in an older record is replaced when the lines are read", () => {
    const older = { in_1: { outcome: "paid" as const, periodEnd: 52 * weekMs } };
    expect(mergeInvoice(older, "in_1", paid(1))).toEqual({ in_1: paid(1) });
  });
});
