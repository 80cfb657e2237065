import { afterAll, describe, expect, test } from "vitest";
import { startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

const day = 86_400;

async function trial() {
  const shop = stripe.newShop();
  const { id, trial_end } = await shop.subscribe([await shop.createPriceOf(3_000)], { trialDays: 7 });
  return { shop, id, end: trial_end ?? 0 };
}

describe("a trial that ends without a payment method", () => {
  test("cancel ends the subscription and bills nothing", async () => {
    const { shop, id, end } = await trial();
    await shop.controlSubscription(id, { missing_payment_method: "cancel" });
    const events = await shop.eventsOf(() => stripe.advance(8 * day));
    expect(events.map(({ type, created }) => [type, created])).toEqual([
      ["customer.subscription.deleted", end],
    ]);
    expect(await shop.client.subscriptions.retrieve(id)).toMatchObject({ status: "canceled", ended_at: end });
    expect(await shop.invoices(id)).toHaveLength(1);
  });

  test("pause stops the subscription until it is resumed, which bills a new period", async () => {
    const { shop, id } = await trial();
    await shop.controlSubscription(id, { missing_payment_method: "pause" });
    const events = await shop.eventsOf(() => stripe.advance(8 * day));
    expect(events.map(({ type }) => type)).toEqual([
      "customer.subscription.updated",
      "customer.subscription.paused",
    ]);
    expect(events[0]?.data.previous_attributes).toMatchObject({ status: "trialing" });
    expect(await shop.client.subscriptions.retrieve(id)).toMatchObject({
      status: "paused",
      status_details: { paused: { subscription: { type: "trial_end_without_payment_method" } } },
    });
    await stripe.advance(60 * day);
    expect(await shop.invoices(id)).toHaveLength(1);
    await shop.controlSubscription(id, { next_payment: "succeed" });
    await shop.client.subscriptions.resume(id, { billing_cycle_anchor: { type: "now" } });
    expect((await shop.invoices(id))[0]).toMatchObject({ amount_paid: 3_000 });
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
  });

  test("create_invoice bills the first period, which is not paid", async () => {
    const { shop, id } = await trial();
    await shop.controlSubscription(id, { missing_payment_method: "create_invoice" });
    await stripe.advance(8 * day);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("past_due");
    const [invoice] = await shop.invoices(id);
    expect(invoice).toMatchObject({ status: "open", amount_due: 3_000 });
    await shop.controlSubscription(id, { next_payment: "succeed" });
    await shop.client.invoices.pay(invoice?.id ?? "");
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
  });

  test("a trial with a payment method becomes active, whatever its settings say", async () => {
    const { shop, id } = await trial();
    await shop.client.subscriptions.update(id, {
      trial_settings: { end_behavior: { missing_payment_method: "cancel" } },
    });
    await stripe.advance(8 * day);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
  });
});
