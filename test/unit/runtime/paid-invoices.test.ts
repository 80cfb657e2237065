import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { PaidInvoices } from "../../../workers/runtime/access-audit/paid-invoices.ts";

/** A Stripe with one invoice payment each 10 s, `pi_0` the newest, at 1,000,000 s. Counts the pages that are read. */
function newStripe(count: number) {
  const all = Array.from({ length: count }, (_, index) => ({
    id: `inpay_${index}`,
    created: 1_000_000 - 10 * index,
    payment: { type: "payment_intent", payment_intent: `pi_${index}` },
  }));
  const read: number[] = [];
  const list = async ({ limit = 10, created, starting_after }: Stripe.InvoicePaymentListParams) => {
    const { lte = 0 } = created as Stripe.RangeQueryParam;
    const after = starting_after === undefined ? -1 : all.findIndex(({ id }) => id === starting_after);
    const rest = all.filter((payment, index) => payment.created <= lte && index > after);
    const data = rest.slice(0, limit);
    read.push(data[0]?.created ?? 0);
    return { data, has_more: rest.length > data.length };
  };
  return { stripe: { invoicePayments: { list } } as unknown as Stripe, read };
}

const at = (index: number) => 1_000_000 - 10 * index;

describe("the payments of invoices next to a list of charges", () => {
  it("are read once, as far back as the charges and a margin", async () => {
    const { stripe, read } = newStripe(1_000);
    const paid = new PaidInvoices();
    await paid.readTill(stripe, { newest: at(0), oldest: at(99) });
    expect([paid.has("pi_0"), paid.has("pi_99"), paid.has("pi_150"), paid.has("pi_900")]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    await paid.readTill(stripe, { newest: at(100), oldest: at(199) });
    await paid.readTill(stripe, { newest: at(200), oldest: at(220) });
    expect([paid.has("pi_199"), paid.has("pi_220")]).toEqual([true, true]);
    expect(read).toEqual([at(0), at(100), at(200)]);
  });

  it("pass over a time without charges in question", async () => {
    const { stripe, read } = newStripe(10_000);
    const paid = new PaidInvoices();
    await paid.readTill(stripe, { newest: at(0), oldest: at(10) });
    await paid.readTill(stripe, { newest: at(9_000), oldest: at(9_010) });
    expect(paid.has("pi_9005")).toBe(true);
    expect(read.length).toBeLessThan(5);
  });

  it("end with the list", async () => {
    const { stripe, read } = newStripe(3);
    const paid = new PaidInvoices();
    await paid.readTill(stripe, { newest: at(0), oldest: at(500) });
    await paid.readTill(stripe, { newest: at(600), oldest: at(700) });
    expect([paid.has("pi_2"), read.length]).toEqual([true, 1]);
    expect(await new PaidInvoices().readTill(newStripe(0).stripe, { newest: 1, oldest: 1 })).toBeUndefined();
  });
});
