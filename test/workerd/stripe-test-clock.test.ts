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

/** Stripe's test clocks: the times of a subscription are the clock's, in our future or in our past. */

const daySeconds = 86_400;

async function newSubscription(clockOffsetSeconds: number) {
  const project = await newConnectedProject();
  const at = Math.floor((await now()) / 1_000);
  await insertProduct(env.DB, null, {
    projectId: project.projectId,
    mode: "test",
    productCode: "PRO",
    name: "Pro",
    kind: "subscription",
    stripePriceId: "price_pro",
    createdAt: at,
    updatedAt: at,
  });
  const metadata = await insertCheckoutAttempt(project, "user_1");
  const frozen = at + clockOffsetSeconds;
  const subscription = (status: string, changes: object = {}) => ({
    id: "sub_1",
    object: "subscription",
    test_clock: "clock_1",
    status,
    customer: "cus_1",
    created: frozen,
    start_date: frozen,
    cancel_at_period_end: false,
    metadata,
    items: {
      object: "list",
      data: [
        {
          id: "si_1",
          object: "subscription_item",
          created: frozen,
          quantity: 1,
          price: { id: "price_pro" },
          current_period_end: frozen + 30 * daySeconds,
        },
      ],
      has_more: false,
    },
    ...changes,
  });
  /** Stripe has this state now, and sends an event of it. */
  const change = async (type: string, status: string) => {
    const state = subscription(status);
    await env.DEV.setStripeAnswers([{ path: "/v1/subscriptions/sub_1", status: 200, body: state }]);
    return receiveStripeEvent(project, type, state);
  };
  const read = async () => {
    const { decision, entitlements } = await readSubject(project, "user_1");
    return { allowed: decision.allowed, flags: entitlements.flatMap(({ flags }) => flags) };
  };
  return { project, subscription, change, read };
}

describe.each([
  ["60 days ahead", 60 * daySeconds],
  ["years behind", -2_000 * daySeconds],
])("a subscription on a test clock %s", (_, offset) => {
  it("gives access as its status says, and is not named overdue", async () => {
    const { change, read } = await newSubscription(offset);
    expect(await change("customer.subscription.created", "active")).toMatchObject({ status: "applied" });
    expect(await read()).toEqual({ allowed: true, flags: [] });
    await env.DEV.advance(1_000);
    await change("customer.subscription.updated", "past_due");
    expect(await read()).toMatchObject({ allowed: false });
    await env.DEV.advance(1_000);
    await change("customer.subscription.updated", "active");
    expect(await read()).toMatchObject({ allowed: true });
  });

  it("ends when the clock is deleted, although Stripe no longer has the subscription", async () => {
    const { project, subscription, change, read } = await newSubscription(offset);
    await change("customer.subscription.created", "active");
    await env.DEV.setStripeAnswers([]);
    const ended = subscription("canceled", { ended_at: Math.floor((await now()) / 1_000) + offset });
    const row = await receiveStripeEvent(project, "customer.subscription.deleted", ended);
    expect(row).toMatchObject({ status: "applied" });
    expect(await read()).toMatchObject({ allowed: false });
  });
});
