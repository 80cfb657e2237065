import type Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionFor } from "./sessions.ts";
import { startPocketStripe } from "./start-pocket-stripe.ts";

let pocket: Awaited<ReturnType<typeof startPocketStripe>>;
beforeAll(async () => {
  pocket = await startPocketStripe();
});
afterAll(() => pocket.dispose());

const createCoupon = async (params: Stripe.CouponCreateParams) =>
  (await pocket.stripe.client.coupons.create(params)).id;

const month = 32 * 86_400;

async function subscribe(amount: number, coupon: string) {
  const price = await pocket.stripe.createMonthlyPrice("Pro", amount);
  return sessionFor(pocket, [price], "paid", { mode: "subscription", coupon });
}

/** Returns the totals of the invoices of a subscription, oldest first. */
async function listTotals(subscription: string): Promise<number[]> {
  const { data } = await pocket.stripe.client.invoices.list({ subscription });
  return data.map(({ total }) => total).reverse();
}

describe("free checkouts", () => {
  test("a one-time checkout at 100 % off completes without a payment", async () => {
    const coupon = await createCoupon({ percent_off: 100, duration: "once" });
    const price = await pocket.stripe.createPrice("Pack", 4_900);
    const { session } = await sessionFor(pocket, [price], "paid", { coupon });
    expect(session).toMatchObject({
      status: "complete",
      payment_status: "no_payment_required",
      amount_subtotal: 4_900,
      amount_total: 0,
      payment_intent: null,
      discounts: [{ coupon, promotion_code: null }],
      total_details: { amount_discount: 4_900 },
    });
    expect(session.customer).toMatch(/^cus_/);
    const items = await pocket.stripe.client.checkout.sessions.listLineItems(session.id);
    expect(items.data[0]).toMatchObject({
      amount_subtotal: 4_900,
      amount_discount: 4_900,
      amount_total: 0,
    });
    const used = await pocket.stripe.client.coupons.retrieve(coupon);
    expect(used.times_redeemed).toBe(1);
  });

  test("a subscription at 100 % off has an invoice of 0 that is paid without a payment", async () => {
    const { client } = pocket.stripe;
    const coupon = await createCoupon({ percent_off: 100, duration: "forever" });
    const { session, subscription, invoice } = await subscribe(2_900, coupon);
    expect(session).toMatchObject({
      payment_status: "no_payment_required",
      amount_total: 0,
      payment_intent: null,
    });
    const free = await client.invoices.retrieve(invoice, { expand: ["payments", "discounts"] });
    const [discount] = free.discounts;
    if (discount === undefined || typeof discount === "string") throw new Error("not expanded");
    expect(discount).toMatchObject({ object: "discount", source: { coupon }, subscription });
    expect(free).toMatchObject({
      status: "paid",
      subtotal: 2_900,
      total: 0,
      amount_due: 0,
      amount_paid: 0,
      total_discount_amounts: [{ amount: 2_900, discount: discount.id }],
      payments: { data: [] },
      lines: {
        data: [{ amount: 2_900, discount_amounts: [{ amount: 2_900, discount: discount.id }] }],
      },
    });
    await pocket.advance(month);
    expect(await listTotals(subscription)).toEqual([0, 0]);
    expect(await client.subscriptions.retrieve(subscription)).toMatchObject({
      status: "active",
      discounts: [discount.id],
    });
  });
});

describe("the duration of a discount", () => {
  test("once: the first invoice has it, the renewal has not, and the subscription loses it", async () => {
    const coupon = await createCoupon({ percent_off: 100, duration: "once" });
    const { subscription } = await subscribe(2_900, coupon);
    expect(await pocket.stripe.client.subscriptions.retrieve(subscription)).toMatchObject({ discounts: [] });
    await pocket.advance(month);
    expect(await listTotals(subscription)).toEqual([0, 2_900]);
  });

  test("repeating: the invoices of its months have it", async () => {
    const coupon = await createCoupon({
      amount_off: 1_000,
      currency: "eur",
      duration: "repeating",
      duration_in_months: 2,
    });
    const { session, subscription } = await subscribe(2_900, coupon);
    expect(session).toMatchObject({ payment_status: "paid", amount_total: 1_900 });
    await pocket.advance(month);
    await pocket.advance(month);
    expect(await listTotals(subscription)).toEqual([1_900, 1_900, 2_900]);
    expect(await pocket.stripe.client.subscriptions.retrieve(subscription)).toMatchObject({ discounts: [] });
  });

  test("a coupon of an existing subscription takes effect with the renewal", async () => {
    const { client } = pocket.stripe;
    const price = await pocket.stripe.createMonthlyPrice("Pro", 2_900);
    const { subscription } = await sessionFor(pocket, [price], "paid", { mode: "subscription" });
    const coupon = await createCoupon({ percent_off: 100, duration: "once" });
    const changed = await client.subscriptions.update(subscription, { discounts: [{ coupon }] });
    expect(changed.discounts).toHaveLength(1);
    const { data } = await client.events.list({ type: "customer.subscription.updated", limit: 1 });
    expect(data[0]?.data.previous_attributes).toEqual({ discounts: [] });
    await pocket.advance(month);
    await pocket.advance(month);
    expect(await listTotals(subscription)).toEqual([2_900, 0, 2_900]);
  });
});

describe("coupons that are refused", () => {
  test("a coupon that is used up, of another currency or unknown is refused", async () => {
    const price = await pocket.stripe.createPrice("Pack", 4_900);
    const buyWith = (coupon: string) => sessionFor(pocket, [price], "paid", { coupon });
    const single = await createCoupon({ percent_off: 50, max_redemptions: 1 });
    expect((await buyWith(single)).session.amount_total).toBe(2_450);
    await expect(buyWith(single)).rejects.toThrow("used up");
    const dollars = await createCoupon({ amount_off: 100, currency: "usd" });
    await expect(buyWith(dollars)).rejects.toThrow("usd");
    await expect(buyWith("NOPE")).rejects.toThrow("No such coupon");
  });
});
