import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import type { StripeWorld } from "./stripe-world.ts";
import { findLatestPayment, newStripeWorld, purchase, readAccess, setDelivery } from "./stripe-world.ts";

let world: StripeWorld;
beforeAll(async () => {
  world = await newStripeWorld();
  await setDelivery(world, { mode: "drop" });
});

const adopt = (subjectRef: string, what: object) =>
  provision(world.origin, "adoptFromStripe", world.projectId, "test", subjectRef, { ...what, apply: true });

/** Creates and pays a checkout session in Stripe that Licenzy did not open. */
async function soldElsewhere(mode: "payment" | "subscription", price: string) {
  const { client } = world.stripe;
  const line_items = [{ price, quantity: 1 }];
  const { id } = await client.checkout.sessions.create({
    mode,
    line_items,
    success_url: "https://shop.example",
  });
  await world.stripe.pay(id);
  return world.stripe.session(id);
}

describe("adoption from Stripe", () => {
  it("an adoption grants no access when its payment was refunded or disputed before", async () => {
    const { payment_intent } = await soldElsewhere("payment", world.prices.credits);
    await world.stripe.control("refunds", { payment_intent });
    await adopt("refunded_before", { paymentIntentId: payment_intent, productCode: "CREDITS_1000" });
    expect(await readAccess(world, "refunded_before")).toMatchObject({
      has_access: false,
      reason: "refunded",
    });

    const { subscription } = await soldElsewhere("subscription", world.prices.pro);
    const disputed = await findLatestPayment(world, subscription ?? "");
    await world.stripe.control("disputes", { payment_intent: disputed });
    await adopt("disputed_before", { subscriptionId: subscription });
    expect(await readAccess(world, "disputed_before")).toMatchObject({
      has_access: false,
      reason: "payment_disputed",
    });
  });

  it("an adoption rejects a payment of our own checkout, which would be granted twice", async () => {
    const { paymentIntent } = await purchase(world, "buyer", "CREDITS_1000");
    const payment = { paymentIntentId: paymentIntent, productCode: "CREDITS_1000" };
    for (const subject of ["buyer", "somebody_else"])
      await expect(adopt(subject, payment)).rejects.toThrow(/was sold to customer buyer by a checkout/);
    const { subscription } = await purchase(world, "buyer", "PRO_MONTHLY");
    await expect(adopt("somebody_else", { subscriptionId: subscription })).rejects.toThrow(/was sold to/);
  });

  it("an adoption grants once when the same payment is adopted three times", async () => {
    const { payment_intent } = await soldElsewhere("payment", world.prices.credits);
    const payment = { paymentIntentId: payment_intent, productCode: "CREDITS_1000" };
    await Promise.all([adopt("twice", payment), adopt("twice", payment)]);
    await adopt("twice", payment);
    expect(await readAccess(world, "twice")).toMatchObject({ has_access: true, usage_remaining: 1_000 });
  });
});

describe("sync from Stripe", () => {
  it("a sync applies a purchase when the same customer has a refund of a foreign payment", async () => {
    const { sessionId } = await purchase(world, "shopper", "CREDITS_1000");
    const { client } = world.stripe;
    const { customer } = await client.checkout.sessions.retrieve(sessionId);
    const foreign = await client.checkout.sessions.create({
      mode: "payment",
      customer: String(customer),
      line_items: [{ price: world.prices.credits, quantity: 1 }],
      success_url: "https://shop.example",
    });
    await world.stripe.pay(foreign.id);
    const { payment_intent } = await world.stripe.session(foreign.id);
    await world.stripe.control("refunds", { payment_intent });
    await provision(world.origin, "syncFromStripe", world.projectId, "test", "shopper", { apply: true });
    expect(await readAccess(world, "shopper")).toMatchObject({ has_access: true, usage_remaining: 1_000 });
  });
});
