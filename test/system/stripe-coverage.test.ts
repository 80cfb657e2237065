import type Stripe from "stripe";
import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import {
  advanceClock,
  EventDeliverer,
  findLatestPayment,
  newStripeWorld,
  purchase,
  readAccess,
  type StripeWorld,
  sendSigned,
  setDelivery,
} from "./stripe-world.ts";
import { readStackTime } from "./world.ts";

const allowed = { has_access: true, reason: null };
const denied = (reason: string) => ({ has_access: false, reason });
const day = 86_400;

/** Covers what a payment buys and what a reversal takes away, at the level of lines, items and payments. */
describe("coverage of Stripe payments", () => {
  let world: StripeWorld;
  let deliverer: EventDeliverer;
  let prices: { team: string; yearly: string; unknown: string };

  beforeAll(async () => {
    world = await newStripeWorld();
    await setDelivery(world, { mode: "drop" });
    deliverer = new EventDeliverer(world, "current");
    prices = {
      team: await world.stripe.createMonthlyPrice("Team", 9_900),
      yearly: await createYearlyPrice("Pro, yearly", 25_900),
      unknown: await world.stripe.createMonthlyPrice("Sold elsewhere", 100),
    };
    await createSubscriptionProduct("TEAM_MONTHLY", prices.team);
    await createSubscriptionProduct("PRO_YEARLY", prices.yearly);
  });

  const createYearlyPrice = async (name: string, unitAmount: number) => {
    const { client } = world.stripe;
    const { id: product } = await client.products.create({ name });
    const recurring = { interval: "year" } as const;
    return (await client.prices.create({ product, unit_amount: unitAmount, currency: "eur", recurring })).id;
  };
  const createSubscriptionProduct = (productCode: string, stripePriceId: string) =>
    provision(world.origin, "createProduct", world.projectId, "test", {
      productCode,
      name: productCode,
      stripePriceId,
      kind: "subscription",
    });
  const control = (path: string, body: object) => world.stripe.control(path, body);
  const settle = async (subject: string) => {
    await deliverer.deliverNew();
    return readAccess(world, subject);
  };
  const usableProducts = async (subject: string) =>
    (await settle(subject)).entitlements
      .filter((each) => each["available"])
      .map((each) => each["product_code"]);
  const updateItems = (subscription: string, items: Stripe.SubscriptionUpdateParams.Item[]) =>
    world.stripe.client.subscriptions.update(subscription, { items, proration_behavior: "none" });
  const findItem = async (subscription: string, index = 0) =>
    (await world.stripe.client.subscriptions.retrieve(subscription)).items.data[index]?.id ?? "";
  const seconds = async () => Math.floor((await readStackTime(world.origin)) / 1_000);

  /** Delivers a made-up event that no object of the account caused. */
  const deliver = async (type: string, object: object, fields: object = {}) => {
    const id = `evt_made_up_${Math.random().toString(36).slice(2)}`;
    const event = { id, object: "event", type, created: await seconds(), livemode: false, data: { object } };
    const reply = await sendSigned(world, JSON.stringify({ ...event, ...fields }));
    expect(reply.status).toBe(200);
    return id;
  };

  it("an added item with an unknown price does not keep the product of another item usable", async () => {
    const { subscription } = await purchase(world, "items", "PRO_MONTHLY");
    const base = await findItem(subscription);
    await updateItems(subscription, [{ price: prices.unknown }]);
    expect(await usableProducts("items")).toEqual(["PRO_MONTHLY"]);
    await updateItems(subscription, [{ id: base, price: prices.team }]);
    expect(await usableProducts("items")).toEqual(["TEAM_MONTHLY"]);
    await updateItems(subscription, [{ id: base, deleted: true }]);
    expect(await settle("items")).toMatchObject(denied("subscription_ended"));
  });

  it("a yearly payment that is refunded after the change to a monthly price does not deny paid months", async () => {
    const { subscription } = await purchase(world, "monthly", "PRO_YEARLY");
    const yearly = await findLatestPayment(world, subscription);
    await control(`subscriptions/${subscription}`, { price: world.prices.pro });
    await control("refunds", { payment_intent: yearly });
    expect(await settle("monthly")).toMatchObject(allowed);
    await control(`subscriptions/${subscription}`, { renew: "now" });
    expect(await settle("monthly")).toMatchObject(allowed);
  });

  it("a disputed monthly payment denies access although a yearly payment of another product ends later", async () => {
    const { subscription } = await purchase(world, "disputed_month", "PRO_YEARLY");
    await control(`subscriptions/${subscription}`, { price: world.prices.pro });
    await control("disputes", { payment_intent: await findLatestPayment(world, subscription) });
    expect(await settle("disputed_month")).toMatchObject(denied("payment_disputed"));
  });

  it("a credit line that ends in a year does not outlast the dispute of the month's payment", async () => {
    const { subscription } = await purchase(world, "credited", "PRO_MONTHLY");
    await settle("credited");
    const [now, item] = [await seconds(), await findItem(subscription)];
    const line = (id: string, amount: number, days: number) => ({
      id,
      amount,
      currency: "eur",
      quantity: 1,
      period: { start: now, end: now + days * day },
      parent: {
        type: "subscription_item_details",
        subscription_item_details: { subscription, subscription_item: item, proration: true },
      },
      pricing: { type: "price_details", price_details: { price: world.prices.pro, product: "prod_1" } },
    });
    await deliver("invoice.paid", {
      id: "in_credited",
      object: "invoice",
      currency: "eur",
      amount_paid: 0,
      status: "paid",
      status_transitions: { paid_at: now },
      lines: { has_more: false, data: [line("il_1", -25_900, 365), line("il_2", 2_900, 30)] },
      parent: { type: "subscription_details", subscription_details: { subscription, metadata: {} } },
    });
    expect(await readAccess(world, "credited")).toMatchObject(allowed);
    await control("disputes", { payment_intent: await findLatestPayment(world, subscription) });
    expect(await settle("credited")).toMatchObject(denied("payment_disputed"));
  });

  it("a renewal gives a disputed subscriber access again when its line is the eleventh of the invoice", async () => {
    const { subscription } = await purchase(world, "eleven", "PRO_MONTHLY");
    await control("disputes", { payment_intent: await findLatestPayment(world, subscription) });
    expect(await settle("eleven")).toMatchObject(denied("payment_disputed"));
    const item = await findItem(subscription);
    // Each change of the quantity leaves two prorations, which come before the line of the new period.
    for (const quantity of [2, 3, 4, 5, 6, 1])
      await world.stripe.client.subscriptions.update(subscription, {
        items: [{ id: item, quantity }],
        proration_behavior: "create_prorations",
      });
    await advanceClock(world.origin, 32 * day);
    expect(await settle("eleven")).toMatchObject(allowed);
    const { data } = await world.stripe.client.invoices.list({ subscription, limit: 1 });
    expect(data[0]?.lines).toMatchObject({ has_more: true });
  });

  it("a bank debit that took three days starts a day pass when it succeeds, by sync and by event", async () => {
    const { body } = await world.api.checkout("debit", "DAY_PASS", "debit");
    const sessionId = new URL(body.checkout_url).pathname.split("/").at(-1) ?? "";
    await world.stripe.pay(sessionId, { outcome: "unpaid" });
    await settle("debit");
    await advanceClock(world.origin, 3 * day);
    const { payment_intent } = await world.stripe.session(sessionId);
    await control(`payments/${payment_intent}`, { async: "succeeded" });
    await provision(world.origin, "syncFromStripe", world.projectId, "test", "debit", { apply: true });
    const synced = await readAccess(world, "debit");
    expect(synced).toMatchObject(allowed);
    const settled = await settle("debit");
    expect(settled).toMatchObject(allowed);
    expect(settled.entitlements[0]?.["expires_at"]).toBe(synced.entitlements[0]?.["expires_at"]);
  });

  it("an event of a connected account is ignored, even with the metadata of a checkout attempt", async () => {
    const { body } = await world.api.checkout("connect", "CREDITS_1000", "connect");
    const sessionId = new URL(body.checkout_url).pathname.split("/").at(-1) ?? "";
    const session = await world.stripe.client.checkout.sessions.retrieve(sessionId);
    const paid = { ...session, status: "complete", payment_status: "paid" };
    await deliver("checkout.session.completed", paid, { account: "acct_stranger" });
    expect(await readAccess(world, "connect")).toMatchObject({ has_access: false, usage_remaining: 0 });
  });

  it("a refund in another currency than the payment does not cancel the purchase", async () => {
    const { paymentIntent } = await purchase(world, "currency", "CREDITS_1000");
    await settle("currency");
    await deliver("refund.created", {
      id: "re_yen",
      object: "refund",
      amount: 5_000,
      currency: "jpy",
      status: "succeeded",
      created: await seconds(),
      payment_intent: paymentIntent,
    });
    expect(await readAccess(world, "currency")).toMatchObject({ ...allowed, usage_remaining: 1_000 });
  });

  it("a lost dispute takes the purchase away at 95 percent of the payment, and not below", async () => {
    for (const [subject, amount, expected] of [
      ["lost_most", 4_700, denied("refunded")],
      ["lost_part", 3_000, allowed],
    ] as const) {
      const { paymentIntent } = await purchase(world, subject, "CREDITS_1000");
      const { dispute } = (await control("disputes", { payment_intent: paymentIntent, amount })) as {
        dispute: { id: string };
      };
      await control(`disputes/${dispute.id}`, { status: "lost" });
      expect(await settle(subject)).toMatchObject(expected);
    }
  });

  it("an appeal of a lost dispute holds access until it is won, by event and by sync", async () => {
    const { paymentIntent } = await purchase(world, "appeal", "CREDITS_1000");
    const opened = await control("disputes", { payment_intent: paymentIntent });
    const { id } = (opened as { dispute: { id: string } }).dispute;
    await control(`disputes/${id}`, { status: "lost" });
    expect(await settle("appeal")).toMatchObject(denied("refunded"));
    await advanceClock(world.origin, 2);
    await control(`disputes/${id}`, { status: "appeal_under_review" });
    await provision(world.origin, "syncFromStripe", world.projectId, "test", "appeal", { apply: true });
    expect(await readAccess(world, "appeal")).toMatchObject(denied("payment_disputed"));
    expect(await settle("appeal")).toMatchObject(denied("payment_disputed"));
    await advanceClock(world.origin, 2);
    await control(`disputes/${id}`, { status: "won" });
    expect(await settle("appeal")).toMatchObject({ ...allowed, usage_remaining: 1_000 });
  });

  it("an unpaid upgrade keeps the former plan until the end of its paid period", async () => {
    const { subscription } = await purchase(world, "unpaid_upgrade", "PRO_MONTHLY");
    await settle("unpaid_upgrade");
    await control(`subscriptions/${subscription}`, { next_payment: "fail" });
    const item = await findItem(subscription);
    await world.stripe.client.subscriptions.update(subscription, {
      items: [{ id: item, price: prices.team }],
      proration_behavior: "always_invoice",
    });
    expect(await usableProducts("unpaid_upgrade")).toEqual(["PRO_MONTHLY"]);
    await advanceClock(world.origin, 32 * day);
    expect(await settle("unpaid_upgrade")).toMatchObject({ has_access: false });
  });

  it("an item with quantity 0 grants nothing", async () => {
    const { subscription } = await purchase(world, "quantity", "PRO_MONTHLY");
    await settle("quantity");
    await updateItems(subscription, [{ id: await findItem(subscription), quantity: 0 }]);
    expect(await settle("quantity")).toMatchObject({ has_access: false });
  });
});
