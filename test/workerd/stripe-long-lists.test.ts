import { describe, expect, it } from "vitest";
import { insertProduct } from "../../workers/runtime/db/products.ts";
import {
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readSubject,
  receiveStripeEvent,
} from "./connected-project.ts";
import { env } from "./subjects.ts";

/** An event and a read contain at most 10 items of a subscription. Stripe lists the others separately. */

const monthSeconds = 30 * 86_400;
const itemOf = (number: number, price: string, at: number) => ({
  id: `si_${number}`,
  object: "subscription_item",
  created: at,
  quantity: 1,
  price: { id: price },
  current_period_end: at + monthSeconds,
});

/** A subscription with eleven items. Only the last one bills a product, and no event contains it. */
async function newLongSubscription() {
  const project = await newConnectedProject();
  const at = Math.floor((await now()) / 1_000);
  await insertProduct(env.DB, null, {
    projectId: project.projectId,
    mode: "test",
    productCode: "ADDON",
    name: "Add-on",
    kind: "subscription",
    stripePriceId: "price_addon",
    createdAt: at,
    updatedAt: at,
  });
  const metadata = await insertCheckoutAttempt(project, "user_1");
  const unknown = Array.from({ length: 10 }, (_, index) => itemOf(index, `price_${index}`, at));
  const last = itemOf(10, "price_addon", at);
  const subscription = {
    id: "sub_1",
    object: "subscription",
    status: "active",
    customer: "cus_1",
    start_date: at,
    cancel_at_period_end: false,
    metadata,
    items: { object: "list", data: unknown, has_more: true },
  };
  const listed = (data: object[], has_more: boolean) => ({ object: "list", data, has_more });
  await env.DEV.setStripeAnswers([
    { path: "/v1/subscriptions/sub_1", status: 200, body: subscription },
    {
      path: "/v1/subscription_items?limit=100&starting_after=si_9&subscription=sub_1",
      status: 200,
      body: listed([last], false),
    },
    { path: "/v1/subscription_items?limit=100&subscription=sub_1", status: 200, body: listed(unknown, true) },
  ]);
  const access = async () => {
    const { decision, entitlements } = await readSubject(project, "user_1");
    return { allowed: decision.allowed, products: entitlements.map(({ productCode }) => productCode) };
  };
  return { project, subscription, metadata, access };
}

const granted = { allowed: true, products: ["ADDON"] };

describe("the items of a subscription are read to their end", () => {
  it.each(["customer.subscription.created", "customer.subscription.updated"])(
    "%s with more than 10 items grants the product of the eleventh",
    async (type) => {
      const { project, subscription, access } = await newLongSubscription();
      expect(await receiveStripeEvent(project, type, subscription)).toMatchObject({ status: "applied" });
      expect(await access()).toMatchObject(granted);
    },
  );

  it("a read after an invoice grants the product of the eleventh item", async () => {
    const { project, metadata, access } = await newLongSubscription();
    const row = await receiveStripeEvent(project, "invoice.paid", {
      id: "in_1",
      status: "paid",
      currency: "eur",
      amount_paid: 2_900,
      lines: { data: [], has_more: false },
      parent: { subscription_details: { subscription: "sub_1", metadata } },
    });
    expect(row).toMatchObject({ status: "applied" });
    expect(await access()).toMatchObject(granted);
  });
});
