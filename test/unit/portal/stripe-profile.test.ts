import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { formatDispute, formatMethod, formatPaid } from "../../../workers/portal/pages/customer/profile.tsx";
import { buildStripeProfile } from "../../../workers/runtime/operations/customers/build-stripe-profile.ts";
import { RecentReads } from "../../../workers/runtime/operations/customers/recent-reads.ts";

const charge = (id: string, change: object = {}) =>
  ({
    id,
    amount: 100,
    amount_captured: 100,
    amount_refunded: 0,
    created: 1,
    currency: "eur",
    description: null,
    disputed: false,
    failure_message: null,
    metadata: {},
    payment_intent: null,
    payment_method_details: null,
    status: "succeeded",
    ...change,
  }) as unknown as Stripe.Charge;

const item = (price: object, quantity?: number) => ({ price: { unit_amount: 500, ...price }, quantity });
const month = { recurring: { interval: "month", interval_count: 1 } };
const subscription = (...items: object[]) =>
  ({
    id: "sub_1",
    currency: "eur",
    items: { data: items, has_more: false },
  }) as unknown as Stripe.Subscription;

const build = (change: Partial<Parameters<typeof buildStripeProfile>[0]>) =>
  buildStripeProfile(
    {
      customer: { id: "cus_1", name: null, email: null } as Stripe.Customer,
      charges: [],
      hasOlderCharges: false,
      invoices: [],
      subscriptions: [],
      disputes: [],
      ...change,
    },
    5,
  );

describe("buildStripeProfile", () => {
  it("sums what was paid and not refunded, per currency, without failed and pending payments", () => {
    const charges = [
      charge("ch_1"),
      charge("ch_2", { amount_refunded: 30 }),
      charge("ch_3", { currency: "usd" }),
      charge("ch_4", { status: "failed" }),
      charge("ch_5", { status: "pending" }),
    ];
    expect(build({ charges }).paid).toEqual([
      { currency: "eur", amount: 170 },
      { currency: "usd", amount: 100 },
    ]);
  });

  it("lists the newest 50 of 60 payments and says that there are more", () => {
    const { payments, hasMorePayments, paidIsPartial } = build({
      charges: Array.from({ length: 60 }, (_, index) => charge(`ch_${index}`)),
    });
    expect([payments.length, hasMorePayments, paidIsPartial]).toEqual([50, true, false]);
  });

  it("a plan's price is the sum of its items, and unknown for tiers or several intervals", () => {
    const year = { recurring: { interval: "year", interval_count: 1 } };
    const amountOf = (...items: object[]) =>
      build({ subscriptions: [subscription(...items)] }).plans[0]?.amount;
    expect(amountOf(item(month), item(month, 3))).toBe(2_000);
    expect(amountOf(item({ ...month, unit_amount: null }))).toBeNull();
    expect(amountOf(item(month), item(year))).toBeNull();
  });

  it("a payment without invoice and payment method has neither retry nor method", () => {
    expect(build({ charges: [charge("ch_1", { status: "failed" })] }).payments[0]).toMatchObject({
      nextRetryAt: null,
      method: null,
      subscriptionId: null,
    });
  });
});

describe("RecentReads", () => {
  it("forgets a value after its time and the oldest beyond its size", () => {
    const reads = new RecentReads<number>({ maxAgeMs: 10, maxEntries: 2 });
    reads.set("a", 1, 0);
    reads.set("b", 2, 5);
    expect([reads.get("a", 9), reads.get("a", 10), reads.get("b", 10)]).toEqual([1, undefined, 2]);
    reads.set("c", 3, 6);
    reads.set("d", 4, 6);
    expect([reads.get("b", 6), reads.get("c", 6), reads.get("d", 6)]).toEqual([undefined, 3, 4]);
  });
});

describe("words of a profile", () => {
  it("a payment method has its brand and last digits, whichever type it is", () => {
    expect(formatMethod({ type: "card", brand: "visa", last4: "4242" })).toBe("Visa •••• 4242");
    expect(formatMethod({ type: "card", brand: "amex", last4: "1005" })).toBe("American Express •••• 1005");
    expect(formatMethod({ type: "sepa_debit", brand: null, last4: "3000" })).toBe("SEPA debit •••• 3000");
    expect(formatMethod({ type: "amazon_pay", brand: null, last4: null })).toBe("Amazon pay");
    expect(formatMethod(null)).toBeNull();
    expect(formatDispute("needs_response")).toBe("Needs response");
  });

  it("the total names every currency and says when older payments are missing", () => {
    const profile = { ...build({}), olderCustomers: 0 };
    expect(formatPaid(profile)).toBe("0");
    const paid = [
      { currency: "eur", amount: 7_800 },
      { currency: "jpy", amount: 500 },
    ];
    expect(formatPaid({ ...profile, paid, paidIsPartial: true })).toBe("€78.00 + ¥500+");
  });
});
