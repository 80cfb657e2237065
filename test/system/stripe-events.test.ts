import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import type { StripeWorld } from "./stripe-world.ts";
import {
  EventDeliverer,
  findLatestPayment,
  newStripeWorld,
  purchase,
  readAccess,
  setDelivery,
} from "./stripe-world.ts";

const allowed = { has_access: true, status: "active", reason: null };
const denied = (status: string, reason: string) => ({ has_access: false, status, reason });

/**
 * Covers every type of Stripe event that Licenzy handles, in today's API shape and in the shape before 2025.
 */
describe.each(["current", "old"] as const)("Stripe events in the %s API shape", (shape) => {
  let world: StripeWorld;
  let deliverer: EventDeliverer;
  beforeAll(async () => {
    world = await newStripeWorld();
    await setDelivery(world, { mode: "drop" });
    deliverer = new EventDeliverer(world, shape);
  });
  const control = (path: string, body: object) => world.stripe.control(path, body);
  const settle = async (subject: string) => {
    await deliverer.deliverNew();
    return readAccess(world, subject);
  };

  it("checkout.session.completed grants a one-time purchase when the session is paid", async () => {
    await purchase(world, "one_time", "CREDITS_1000");
    expect(await readAccess(world, "one_time")).toMatchObject({ has_access: false });
    expect(await settle("one_time")).toMatchObject({ ...allowed, usage_remaining: 1_000 });
  });

  it("checkout.session.completed grants nothing when an asynchronous payment has not succeeded", async () => {
    for (const [subject, outcome] of [
      ["async_ok", "succeeded"],
      ["async_bad", "failed"],
    ] as const) {
      const { body } = await world.api.checkout(subject, "DAY_PASS", subject);
      const sessionId = new URL(body.checkout_url).pathname.split("/").at(-1) ?? "";
      await world.stripe.pay(sessionId, { outcome: "unpaid" });
      expect(await settle(subject)).toMatchObject(denied("none", "no_entitlement"));
      const { payment_intent } = await world.stripe.session(sessionId);
      await control(`payments/${payment_intent}`, { async: outcome });
    }
    expect(await settle("async_ok")).toMatchObject(allowed);
    expect(await readAccess(world, "async_bad")).toMatchObject(denied("none", "no_entitlement"));
  });

  it("checkout.session.expired grants nothing", async () => {
    const { body } = await world.api.checkout("expired", "DAY_PASS", "expired");
    await world.stripe.pay(new URL(body.checkout_url).pathname.split("/").at(-1) ?? "", {
      outcome: "expired",
    });
    expect(await settle("expired")).toMatchObject(denied("none", "no_entitlement"));
  });

  it("customer.subscription.created and .updated set status, period and cancellation", async () => {
    const { subscription } = await purchase(world, "subscribed", "PRO_MONTHLY");
    const standing = await settle("subscribed");
    expect(standing).toMatchObject(allowed);
    expect(standing.entitlements).toHaveLength(1);
    expect(standing.entitlements[0]).toMatchObject({
      product_code: "PRO_MONTHLY",
      cancel_at_period_end: false,
    });
    expect(standing.entitlements[0]?.["current_period_end"]).not.toBeNull();

    await control(`subscriptions/${subscription}`, { cancel: "at_period_end" });
    expect((await settle("subscribed")).entitlements[0]).toMatchObject({
      cancel_at_period_end: true,
      available: true,
    });
    await control(`subscriptions/${subscription}`, { cancel: null });
    expect((await settle("subscribed")).entitlements[0]).toMatchObject({ cancel_at_period_end: false });
    await control(`subscriptions/${subscription}`, { pause: true });
    expect(await settle("subscribed")).toMatchObject(denied("paused", "subscription_paused"));
    await control(`subscriptions/${subscription}`, { pause: false });
    expect(await settle("subscribed")).toMatchObject(allowed);
  });

  it("customer.subscription.updated changes the product when its new price is known", async () => {
    const team = await world.stripe.createMonthlyPrice("Team", 9_900);
    await provision(world.origin, "createProduct", world.projectId, "test", {
      productCode: "TEAM_MONTHLY",
      name: "Team",
      stripePriceId: team,
      kind: "subscription",
    });
    const { subscription } = await purchase(world, "plans", "PRO_MONTHLY");
    await control(`subscriptions/${subscription}`, { price: team });
    const products = async () =>
      Object.fromEntries(
        (await settle("plans")).entitlements.map((each) => [each["product_code"], each["status"]]),
      );
    expect(await products()).toEqual({ TEAM_MONTHLY: "active", PRO_MONTHLY: "canceled" });
    const unknown = await world.stripe.createMonthlyPrice("Sold elsewhere", 100);
    await control(`subscriptions/${subscription}`, { price: unknown });
    expect(await products()).toEqual({ TEAM_MONTHLY: "active", PRO_MONTHLY: "canceled" });
  });

  it("customer.subscription.deleted cancels the entitlement and allows a new checkout", async () => {
    const { subscription } = await purchase(world, "deleted", "PRO_MONTHLY");
    await settle("deleted");
    expect((await world.api.checkout("deleted", "PRO_MONTHLY", "second")).body).toMatchObject({
      error: "already_subscribed",
    });
    await control(`subscriptions/${subscription}`, { cancel: "now" });
    expect(await settle("deleted")).toMatchObject(denied("canceled", "subscription_ended"));
    expect((await world.api.checkout("deleted", "PRO_MONTHLY", "third")).status).toBe(201);
  });

  it("invoice.payment_failed makes a subscription past due, and invoice.paid makes it active", async () => {
    const { subscription } = await purchase(world, "invoiced", "PRO_MONTHLY");
    await control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await control(`subscriptions/${subscription}`, { renew: "now" });
    expect(await settle("invoiced")).toMatchObject(denied("past_due", "payment_past_due"));
    expect((await world.api.checkout("invoiced", "PRO_MONTHLY", "again")).body).toMatchObject({
      error: "already_subscribed",
    });
    await control(`subscriptions/${subscription}`, { next_payment: "succeed" });
    const { data } = await world.stripe.client.invoices.list({ subscription, status: "open" });
    await world.stripe.client.invoices.pay(data[0]?.id ?? "");
    expect(await settle("invoiced")).toMatchObject(allowed);
  });

  it("invoice.payment_failed leaves a subscription active when the invoice is a one-off", async () => {
    const { subscription } = await purchase(world, "good_standing", "PRO_MONTHLY");
    const { customer } = await world.stripe.client.subscriptions.retrieve(subscription);
    await control("invoices", { customer, amount: 500, outcome: "failed" });
    expect(await settle("good_standing")).toMatchObject(allowed);
  });

  it.each([
    ["CREDITS_1000", "canceled", "refunded", { usage_remaining: 1_000 }],
    ["DAY_PASS", "canceled", "refunded", {}],
    ["PRO_MONTHLY", "past_due", "payment_refunded", {}],
  ])(
    "a refund of %s revokes access when it is full, and restores it when it fails",
    async (product, status, reason, back) => {
      const subject = `refund_${product}`;
      const bought = await purchase(world, subject, product);
      const other = await purchase(world, subject, "CREDITS_1000");
      await settle(subject);
      const payment_intent = bought.paymentIntent || (await findLatestPayment(world, bought.subscription));
      await control("refunds", { payment_intent: other.paymentIntent });
      await control("refunds", { payment_intent, amount: 100 });
      expect(await settle(subject)).toMatchObject(allowed);
      const { refund } = (await control("refunds", { payment_intent })) as { refund: { id: string } };
      const standing = await settle(subject);
      expect(standing).toMatchObject(denied(status, reason));
      await control(`refunds/${refund.id}`, { status: "failed" });
      expect(await settle(subject)).toMatchObject({ ...allowed, ...back });
    },
  );

  it.each([
    ["CREDITS_1000", "refunded"],
    ["DAY_PASS", "refunded"],
    ["PRO_MONTHLY", "payment_refunded"],
  ])("a dispute of %s holds access until it is won or revokes it when lost", async (product, lostReason) => {
    const subject = `dispute_${product}`;
    const bought = await purchase(world, subject, product);
    const payment_intent = bought.paymentIntent || (await findLatestPayment(world, bought.subscription));
    const open = async (body: object) =>
      ((await control("disputes", { payment_intent, ...body })) as { dispute: { id: string } }).dispute.id;

    const inquiry = await open({ status: "warning_needs_response" });
    expect(await settle(subject)).toMatchObject(allowed);
    await control(`disputes/${inquiry}`, { status: "warning_closed" });
    const won = await open({});
    expect(await settle(subject)).toMatchObject(denied("past_due", "payment_disputed"));
    await control(`disputes/${won}`, { status: "under_review" });
    expect(await settle(subject)).toMatchObject(denied("past_due", "payment_disputed"));
    await control(`disputes/${won}`, { status: "won" });
    expect(await settle(subject)).toMatchObject(allowed);
    const lost = await open({});
    await control(`disputes/${lost}`, { status: "lost" });
    expect(await settle(subject)).toMatchObject({ has_access: false, reason: lostReason });
  });
});
