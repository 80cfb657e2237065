import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import type { StripeWorld } from "./stripe-world.ts";
import {
  Deliverer,
  latestPayment,
  newStripeWorld,
  purchase,
  setDelivery,
  standingOf,
} from "./stripe-world.ts";

const allowed = { has_access: true, status: "active", reason: null };
const denied = (status: string, reason: string) => ({ has_access: false, status, reason });

/** Every row of the event table of spec page 2, with payloads in the shapes of today and of before 2025. */
describe.each(["current", "old"] as const)("an event in the %s API shape", (shape) => {
  let world: StripeWorld;
  let deliverer: Deliverer;
  beforeAll(async () => {
    world = await newStripeWorld();
    await setDelivery(world, { mode: "drop" });
    deliverer = new Deliverer(world, shape);
  });
  const control = (path: string, body: object) => world.stripe.control(path, body);
  const told = async (subject: string) => {
    await deliverer.deliverNew();
    return standingOf(world, subject);
  };

  it("checkout.session.completed, paid: grants a one-time purchase", async () => {
    await purchase(world, "one_time", "CREDITS_1000");
    expect(await standingOf(world, "one_time")).toMatchObject({ has_access: false });
    expect(await told("one_time")).toMatchObject({ ...allowed, usage_remaining: 1_000 });
  });

  it("checkout.session.completed, unpaid: grants nothing before the money came", async () => {
    for (const [subject, outcome] of [
      ["async_ok", "succeeded"],
      ["async_bad", "failed"],
    ] as const) {
      const { body } = await world.api.checkout(subject, "DAY_PASS", subject);
      const sessionId = new URL(body.checkout_url).pathname.split("/").at(-1) ?? "";
      await world.stripe.pay(sessionId, { outcome: "unpaid" });
      expect(await told(subject)).toMatchObject(denied("none", "no_entitlement"));
      const { payment_intent } = await world.stripe.session(sessionId);
      await control(`payments/${payment_intent}`, { async: outcome });
    }
    expect(await told("async_ok")).toMatchObject(allowed);
    expect(await standingOf(world, "async_bad")).toMatchObject(denied("none", "no_entitlement"));
  });

  it("checkout.session.expired: nothing", async () => {
    const { body } = await world.api.checkout("expired", "DAY_PASS", "expired");
    await world.stripe.pay(new URL(body.checkout_url).pathname.split("/").at(-1) ?? "", {
      outcome: "expired",
    });
    expect(await told("expired")).toMatchObject(denied("none", "no_entitlement"));
  });

  it("customer.subscription.created and .updated: status, period, cancellation and its withdrawal", async () => {
    const { subscription } = await purchase(world, "subscribed", "PRO_MONTHLY");
    const standing = await told("subscribed");
    expect(standing).toMatchObject(allowed);
    expect(standing.entitlements).toHaveLength(1);
    expect(standing.entitlements[0]).toMatchObject({
      product_code: "PRO_MONTHLY",
      cancel_at_period_end: false,
    });
    expect(standing.entitlements[0]?.["current_period_end"]).not.toBeNull();

    await control(`subscriptions/${subscription}`, { cancel: "at_period_end" });
    expect((await told("subscribed")).entitlements[0]).toMatchObject({
      cancel_at_period_end: true,
      available: true,
    });
    await control(`subscriptions/${subscription}`, { cancel: null });
    expect((await told("subscribed")).entitlements[0]).toMatchObject({ cancel_at_period_end: false });
    await control(`subscriptions/${subscription}`, { pause: true });
    expect(await told("subscribed")).toMatchObject(denied("paused", "subscription_paused"));
    await control(`subscriptions/${subscription}`, { pause: false });
    expect(await told("subscribed")).toMatchObject(allowed);
  });

  it("customer.subscription.updated with another price: the product changes, an unknown one keeps it", async () => {
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
        (await told("plans")).entitlements.map((each) => [each["product_code"], each["status"]]),
      );
    expect(await products()).toEqual({ TEAM_MONTHLY: "active", PRO_MONTHLY: "canceled" });
    const unknown = await world.stripe.createMonthlyPrice("Sold elsewhere", 100);
    await control(`subscriptions/${subscription}`, { price: unknown });
    expect(await products()).toEqual({ TEAM_MONTHLY: "active", PRO_MONTHLY: "canceled" });
  });

  it("customer.subscription.deleted: canceled", async () => {
    const { subscription } = await purchase(world, "deleted", "PRO_MONTHLY");
    await told("deleted");
    expect((await world.api.checkout("deleted", "PRO_MONTHLY", "second")).body).toMatchObject({
      error: "already_subscribed",
    });
    await control(`subscriptions/${subscription}`, { cancel: "now" });
    expect(await told("deleted")).toMatchObject(denied("canceled", "subscription_ended"));
    expect((await world.api.checkout("deleted", "PRO_MONTHLY", "third")).status).toBe(201);
  });

  it("invoice.payment_failed and invoice.paid: past due, and active again", async () => {
    const { subscription } = await purchase(world, "invoiced", "PRO_MONTHLY");
    await control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await control(`subscriptions/${subscription}`, { renew: "now" });
    expect(await told("invoiced")).toMatchObject(denied("past_due", "payment_past_due"));
    expect((await world.api.checkout("invoiced", "PRO_MONTHLY", "again")).body).toMatchObject({
      error: "already_subscribed",
    });
    await control(`subscriptions/${subscription}`, { next_payment: "succeed" });
    const { data } = await world.stripe.client.invoices.list({ subscription, status: "open" });
    await world.stripe.client.invoices.pay(data[0]?.id ?? "");
    expect(await told("invoiced")).toMatchObject(allowed);
  });

  it("invoice.payment_failed of a one-off invoice leaves a subscriber in good standing", async () => {
    const { subscription } = await purchase(world, "good_standing", "PRO_MONTHLY");
    const { customer } = await world.stripe.client.subscriptions.retrieve(subscription);
    await control("invoices", { customer, amount: 500, outcome: "failed" });
    expect(await told("good_standing")).toMatchObject(allowed);
  });

  it.each([
    ["CREDITS_1000", "canceled", "refunded", { usage_remaining: 1_000 }],
    ["DAY_PASS", "canceled", "refunded", {}],
    ["PRO_MONTHLY", "past_due", "payment_past_due", {}],
  ])(
    "refund.* of %s: in part a note, in full taken back, failed undone",
    async (product, status, reason, back) => {
      const subject = `refund_${product}`;
      const bought = await purchase(world, subject, product);
      const other = await purchase(world, subject, "CREDITS_1000");
      await told(subject);
      const payment_intent = bought.paymentIntent || (await latestPayment(world, bought.subscription));
      await control("refunds", { payment_intent: other.paymentIntent });
      await control("refunds", { payment_intent, amount: 100 });
      expect(await told(subject)).toMatchObject(allowed);
      const { refund } = (await control("refunds", { payment_intent })) as { refund: { id: string } };
      const standing = await told(subject);
      expect(standing).toMatchObject(denied(status, reason));
      await control(`refunds/${refund.id}`, { status: "failed" });
      expect(await told(subject)).toMatchObject({ ...allowed, ...back });
    },
  );

  it.each([
    ["CREDITS_1000", "refunded"],
    ["DAY_PASS", "refunded"],
    ["PRO_MONTHLY", "payment_past_due"],
  ])("charge.dispute.* of %s: held, freed when won, taken back when lost", async (product, lostReason) => {
    const subject = `dispute_${product}`;
    const bought = await purchase(world, subject, product);
    const payment_intent = bought.paymentIntent || (await latestPayment(world, bought.subscription));
    const open = async (body: object) =>
      ((await control("disputes", { payment_intent, ...body })) as { dispute: { id: string } }).dispute.id;

    const inquiry = await open({ status: "warning_needs_response" });
    expect(await told(subject)).toMatchObject(allowed);
    await control(`disputes/${inquiry}`, { status: "warning_closed" });
    const won = await open({});
    expect(await told(subject)).toMatchObject(denied("past_due", "payment_disputed"));
    await control(`disputes/${won}`, { status: "under_review" });
    expect(await told(subject)).toMatchObject(denied("past_due", "payment_disputed"));
    await control(`disputes/${won}`, { status: "won" });
    expect(await told(subject)).toMatchObject(allowed);
    const lost = await open({});
    await control(`disputes/${lost}`, { status: "lost" });
    expect(await told(subject)).toMatchObject({ has_access: false, reason: lostReason });
  });
});
