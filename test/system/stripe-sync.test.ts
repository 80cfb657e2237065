import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import type { StripeWorld } from "./stripe-world.ts";
import {
  advanceClock,
  findLatestPayment,
  newStripeWorld,
  purchase,
  readAccess,
  setDelivery,
} from "./stripe-world.ts";

let world: StripeWorld;
beforeAll(async () => {
  world = await newStripeWorld();
  await setDelivery(world, { mode: "drop" });
});

interface Preview {
  before: { decision: { allowed: boolean } };
  after: { allowed: boolean };
  changes: {
    operation: string;
    reason: string;
    fact: { type: string };
    touched: { before: object | null; after: { productCode: string } }[];
  }[];
}

const sync = <T>(subjectRef: string, apply: boolean) =>
  provision<T>(world.origin, "syncFromStripe", world.projectId, "test", subjectRef, { apply });
const adopt = <T>(subjectRef: string, what: object) =>
  provision<T>(world.origin, "adoptFromStripe", world.projectId, "test", subjectRef, what);

describe("sync from Stripe", () => {
  it("a sync previews each difference with its cause and changes access only when applied", async () => {
    const { paymentIntent } = await purchase(world, "synced", "CREDITS_1000");
    const { subscription } = await purchase(world, "synced", "PRO_MONTHLY");
    const preview = await sync<Preview>("synced", false);
    expect([preview.before.decision.allowed, preview.after.allowed]).toEqual([false, true]);
    expect(preview.changes.map(({ fact }) => fact.type).toSorted()).toEqual([
      "invoice",
      "purchase",
      "subscription",
      "subscription_sold",
    ]);
    expect((await readAccess(world, "synced")).has_access).toBe(false);
    await sync("synced", true);
    expect(await readAccess(world, "synced")).toMatchObject({ has_access: true, usage_remaining: 1_000 });
    expect((await sync<Preview>("synced", false)).changes).toEqual([]);

    await world.stripe.control("refunds", { payment_intent: paymentIntent });
    await world.stripe.control("disputes", { payment_intent: await findLatestPayment(world, subscription) });
    const reversed = await sync<Preview>("synced", false);
    expect(reversed.changes.map(({ operation }) => operation).toSorted()).toEqual(["dispute", "refund"]);
    const touched = reversed.changes.flatMap((change) => change.touched);
    expect(touched.map(({ after }) => after.productCode).toSorted()).toEqual(["CREDITS_1000", "PRO_MONTHLY"]);
    // Existing entitlements are shown with their state before, not as new.
    expect(touched.every(({ before }) => before !== null)).toBe(true);
    expect(reversed.after.allowed).toBe(false);
    await sync("synced", true);
    expect(await readAccess(world, "synced")).toMatchObject({
      has_access: false,
      reason: "payment_disputed",
    });
    // A later read reports the same refund and dispute at another time.
    await advanceClock(world.origin, 120);
    expect((await sync<Preview>("synced", false)).changes).toEqual([]);
  });

  it.each([
    ["by its event", "normal"],
    ["by a sync", "drop"],
  ] as const)(
    "a sync restores a purchase when its refund, recorded %s, failed unnoticed",
    async (_, mode) => {
      const subject = `failed_refund_${mode}`;
      await setDelivery(world, { mode: "normal" });
      const { paymentIntent } = await purchase(world, subject, "CREDITS_1000");
      await setDelivery(world, { mode });
      const made = await world.stripe.control("refunds", { payment_intent: paymentIntent });
      if (mode === "drop") await sync(subject, true);
      expect(await readAccess(world, subject)).toMatchObject({ has_access: false, reason: "refunded" });
      await setDelivery(world, { mode: "drop" });
      await advanceClock(world.origin, 2);
      const { id } = (made as { refund: { id: string } }).refund;
      await world.stripe.control(`refunds/${id}`, { status: "failed" });
      await sync(subject, true);
      expect(await readAccess(world, subject)).toMatchObject({ has_access: true, usage_remaining: 1_000 });
    },
  );

  it("an adoption grants a subscription and a payment that were not sold through Licenzy", async () => {
    const { stripe } = world;
    const sold = await stripe.client.checkout.sessions.create({
      mode: "subscription",
      line_items: [{ price: world.prices.pro, quantity: 1 }],
      success_url: "https://shop.example",
    });
    await stripe.pay(sold.id);
    const { subscription } = await stripe.session(sold.id);
    const paid = await stripe.client.checkout.sessions.create({
      mode: "payment",
      line_items: [{ price: world.prices.credits, quantity: 1 }],
      success_url: "https://shop.example",
    });
    await stripe.pay(paid.id);
    const { payment_intent } = await stripe.session(paid.id);

    await adopt("adopted", { subscriptionId: subscription, apply: true });
    const payment = { paymentIntentId: payment_intent, productCode: "CREDITS_1000" };
    expect((await adopt<Preview>("adopted", { ...payment, apply: false })).changes).toHaveLength(1);
    await adopt("adopted", { ...payment, apply: true });
    expect(await readAccess(world, "adopted")).toMatchObject({ has_access: true, usage_remaining: 1_000 });
    await expect(adopt("somebody_else", { ...payment, apply: true })).rejects.toThrow(/belongs to/);

    // From here on, its events resolve to the customer without our metadata.
    await setDelivery(world, { mode: "normal" });
    await stripe.control(`subscriptions/${subscription}`, { cancel: "now" });
    await stripe.control("refunds", { payment_intent });
    await setDelivery(world, { mode: "drop" });
    expect(await readAccess(world, "adopted")).toMatchObject({ has_access: false, usage_remaining: 0 });
  });
});

describe("lifted hold", () => {
  it("a lifted hold stays lifted when Stripe sends another event of its dispute", async () => {
    await setDelivery(world, { mode: "normal" });
    const { paymentIntent } = await purchase(world, "lifted", "CREDITS_1000");
    const opened = await world.stripe.control("disputes", { payment_intent: paymentIntent });
    const { id: causeId } = (opened as { dispute: { id: string } }).dispute;
    const standing = await readAccess(world, "lifted");
    expect(standing).toMatchObject({ has_access: false, reason: "payment_disputed" });
    const entitlementId = standing.entitlements[0]?.["entitlement_id"];
    await provision(world.origin, "act", world.projectId, "test", "lifted", {
      actionId: "lift",
      action: { type: "lift_hold", entitlementId, causeId },
      fingerprint: null,
      actor: { operatorId: "opr_1", name: "Ada" },
      reason: "goodwill: good customer",
    });
    expect(await readAccess(world, "lifted")).toMatchObject({ has_access: true });
    await world.stripe.control(`disputes/${causeId}`, { status: "under_review" });
    expect(await readAccess(world, "lifted")).toMatchObject({ has_access: true });
    await setDelivery(world, { mode: "drop" });
  });
});

describe("sweep for missed events", () => {
  it("the sweep rereads every known object when missed events are older than 30 days", async () => {
    await setDelivery(world, { mode: "normal" });
    const { subscription } = await purchase(world, "gap", "PRO_MONTHLY");
    expect(await readAccess(world, "gap")).toMatchObject({ has_access: true });
    await setDelivery(world, { mode: "drop" });
    await world.stripe.control("api", {
      account: world.accountId,
      next: 1_000_000,
      fail: { status: 500 },
      path: "/v1/events",
    });
    await world.stripe.client.subscriptions.cancel(subscription);
    await advanceClock(world.origin, 40 * 86_400);
    await world.stripe.control("api", { account: world.accountId, next: 0, fail: { status: 500 } });
    await advanceClock(world.origin, 10);
    await advanceClock(world.origin, 10);
    expect(await readAccess(world, "gap")).toMatchObject({ has_access: false, reason: "subscription_ended" });
  }, 90_000);
});
