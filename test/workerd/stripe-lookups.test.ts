import { beforeEach, describe, expect, it } from "vitest";
import { insertProduct } from "../../workers/runtime/db/products.ts";
import { recordObjectOwner } from "../../workers/runtime/db/stripe-objects.ts";
import { processStripeEvent } from "../../workers/runtime/stripe-events/process-event.ts";
import {
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readInboxRow,
  readSubject,
  receiveStripeEvent,
} from "./connected-project.ts";
import { env } from "./subjects.ts";

/** Covers Stripe objects that reference each other by bare IDs, when only some of them carry our metadata. */
beforeEach(async () => {
  await env.DEV.setStripeAnswers([]);
});

const seconds = async () => Math.floor((await now()) / 1_000);
const list = (...data: object[]) => ({ object: "list", data, has_more: false });
const missing = {
  error: { type: "invalid_request_error", code: "resource_missing", message: "No such object" },
};
const broken = { error: { type: "api_error", message: "Stripe is down" } };

async function subscriptionOf(metadata: object, status = "active") {
  const at = await seconds();
  return {
    id: "sub_1",
    object: "subscription",
    status,
    customer: "cus_1",
    start_date: at,
    cancel_at_period_end: false,
    metadata,
    items: { data: [{ id: "si_1", price: { id: "price_pro" }, current_period_end: at + 30 * 86_400 }] },
  };
}

async function invoiceOf(metadata: object) {
  const start = await seconds();
  const line = {
    id: "il_1",
    amount: 2_900,
    quantity: 1,
    period: { start, end: start + 30 * 86_400 },
    parent: { subscription_item_details: { subscription: "sub_1", subscription_item: "si_1" } },
    pricing: { price_details: { price: "price_pro" } },
  };
  return {
    id: "in_1",
    object: "invoice",
    customer: "cus_1",
    currency: "eur",
    status: "paid",
    amount_paid: 2_900,
    lines: { data: [line], has_more: false },
    parent: { subscription_details: { subscription: "sub_1", metadata } },
  };
}

async function subscribedProject(subjectRef = "user_1") {
  const project = await newConnectedProject();
  const created = { createdAt: await now(), updatedAt: await now() };
  await insertProduct(env.DB, null, {
    ...created,
    projectId: project.projectId,
    mode: "test",
    productCode: "PRO",
    name: "Pro",
    kind: "subscription",
    stripePriceId: "price_pro",
  });
  const metadata = await insertCheckoutAttempt(project, subjectRef);
  return { project, metadata };
}

describe("routing of a refund by its payment or charge", () => {
  it("a refund finds its subject through its payment, invoice and subscription", async () => {
    const { project, metadata } = await subscribedProject();
    await receiveStripeEvent(project, "customer.subscription.created", await subscriptionOf(metadata));
    expect((await readSubject(project, "user_1")).decision.allowed).toBe(true);
    await env.DEV.setStripeAnswers([
      { path: "/v1/charges/ch_1", status: 200, body: { id: "ch_1", payment_intent: { id: "pi_1" } } },
      { path: "/v1/payment_intents/pi_1", status: 200, body: { id: "pi_1", metadata: {} } },
      {
        path: "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_1",
        status: 200,
        body: list({ id: "inpay_1", invoice: "in_1" }),
      },
      { path: "/v1/invoices/in_1", status: 200, body: await invoiceOf({}) },
    ]);
    const refund = {
      id: "re_1",
      amount: 2_900,
      status: "succeeded",
      charge: "ch_1",
      created: await seconds(),
    };
    const row = await receiveStripeEvent(project, "refund.created", refund);
    expect(row).toMatchObject({ status: "applied", subjectRef: "user_1" });
    expect((await readSubject(project, "user_1")).decision).toMatchObject({ allowed: false });
    // The payment is known now, so Stripe is not called again.
    await env.DEV.setStripeAnswers([]);
    const failed = { ...refund, payment_intent: "pi_1", status: "failed" };
    await env.DEV.advance(2_000);
    expect(await receiveStripeEvent(project, "refund.failed", failed)).toMatchObject({ status: "applied" });
    expect((await readSubject(project, "user_1")).decision).toMatchObject({ allowed: true });
  });

  it.each([
    ["a charge without payment intent", { payment_intent: null, charge: "ch_old" }],
    ["neither payment nor charge", { payment_intent: null, charge: null }],
    ["a payment of a one-off invoice", { payment_intent: "pi_one_off", charge: null }],
    ["a payment without invoice", { payment_intent: { id: "pi_foreign" }, charge: null }],
  ])("a refund that names %s is ignored with the reason in its row", async (_, reference) => {
    const project = await newConnectedProject();
    await env.DEV.setStripeAnswers([
      { path: "/v1/charges/ch_old", status: 200, body: { id: "ch_old", payment_intent: null } },
      { path: "/v1/payment_intents/", status: 200, body: { id: "pi", metadata: null } },
      {
        path: "/v1/invoice_payments?payment[type]=payment_intent&payment[payment_intent]=pi_one_off",
        status: 200,
        body: list({ id: "inpay_1", invoice: { id: "in_1" } }),
      },
      { path: "/v1/invoice_payments", status: 200, body: list() },
      { path: "/v1/invoices/in_1", status: 200, body: { id: "in_1", parent: null, lines: null } },
    ]);
    const refund = { id: "re_1", amount: 1, status: "succeeded", created: await seconds(), ...reference };
    expect(await receiveStripeEvent(project, "refund.created", refund)).toMatchObject({
      status: "ignored",
      detail: "not created by Licenzy",
    });
  });

  it("charge.refunded applies the refunds that Stripe lists, also after an empty list", async () => {
    const { project, metadata } = await subscribedProject();
    await receiveStripeEvent(project, "customer.subscription.created", await subscriptionOf(metadata));
    const answers = [
      { path: "/v1/payment_intents/pi_1", status: 200, body: { id: "pi_1", metadata: {} } },
      { path: "/v1/invoice_payments", status: 200, body: list({ id: "inpay_1", invoice: "in_1" }) },
      { path: "/v1/invoices/in_1", status: 200, body: await invoiceOf(metadata) },
    ];
    await env.DEV.setStripeAnswers([{ path: "/v1/refunds", status: 200, body: list() }, ...answers]);
    const charge = { id: "ch_1", payment_intent: "pi_1" };
    expect(await receiveStripeEvent(project, "charge.refunded", charge)).toMatchObject({
      detail: "no change",
    });
    const refund = { id: "re_1", amount: 2_900, status: "succeeded", created: await seconds() };
    await env.DEV.setStripeAnswers([
      { path: "/v1/refunds?charge=ch_1", status: 200, body: list(refund) },
      ...answers,
    ]);
    expect(await receiveStripeEvent(project, "charge.refunded", charge)).toMatchObject({ status: "applied" });
    expect((await readSubject(project, "user_1")).decision.allowed).toBe(false);
  });
});

describe("events that require a read when Stripe is down", () => {
  it("an event stays received when Stripe is down and is applied on the next try", async () => {
    const { project, metadata } = await subscribedProject();
    await env.DEV.setStripeAnswers([{ path: "/v1/", status: 503, body: broken }]);
    const row = await receiveStripeEvent(project, "invoice.paid", await invoiceOf(metadata));
    expect(row).toMatchObject({ status: "received", detail: "Stripe: Stripe is down", tries: 1 });
    expect((await readSubject(project, "user_1")).decision.allowed).toBe(false);
    const subscription = await subscriptionOf(metadata);
    await env.DEV.setStripeAnswers([{ path: "/v1/subscriptions/sub_1", status: 200, body: subscription }]);
    const eventId = row?.eventId ?? "";
    await env.DEV.advance(6_000);
    await processStripeEvent(env, { ...project, eventId });
    expect(await readInboxRow(project, eventId)).toMatchObject({ status: "applied", detail: null });
    expect((await readSubject(project, "user_1")).decision.allowed).toBe(true);
  });

  it("an event is retried when Stripe does not know its object yet", async () => {
    const project = await newConnectedProject();
    await env.DEV.setStripeAnswers([{ path: "/v1/", status: 404, body: missing }]);
    const refund = {
      id: "re_1",
      amount: 1,
      status: "pending",
      payment_intent: "pi_new",
      created: await seconds(),
    };
    expect(await receiveStripeEvent(project, "refund.created", refund)).toMatchObject({
      status: "received",
      detail: "Stripe: No such object",
    });
  });
});

describe("events with missing, null or unknown fields", () => {
  it.each([
    ["customer.subscription.updated", { id: "sub_1", status: null }, /the subscription's status is missing/],
    [
      "customer.subscription.updated",
      { id: "sub_1", status: "frozen", start_date: 1 },
      /has the status 'frozen'/,
    ],
    [
      "customer.subscription.updated",
      { id: "sub_1", status: "active" },
      /the subscription's start is missing/,
    ],
    [
      "customer.subscription.updated",
      { id: "sub_1", status: "active", start_date: 1, items: null },
      /the subscription's items is missing/,
    ],
    ["invoice.paid", { id: null }, /the invoice's id is missing/],
    ["refund.created", { id: "re_1", status: "succeeded", amount: null }, /the amount of re_1 is missing/],
    ["refund.created", { id: "re_1", status: "lost", amount: 1, created: 1 }, /has the status 'lost'/],
    ["charge.dispute.created", { id: "dp_1", amount: 1, created: 1 }, /the dispute's status is missing/],
  ])("%s with %j fails immediately with the reason", async (type, object, detail) => {
    const project = await newConnectedProject();
    const row = await receiveStripeEvent(project, type, object);
    expect(row).toMatchObject({ status: "failed", detail: expect.stringMatching(detail), nextTryAt: null });
  });

  it("an event is applied when its missing fields are optional", async () => {
    const { project, metadata } = await subscribedProject();
    const bare = { ...(await subscriptionOf(metadata)), customer: null, pause_collection: undefined };
    expect(await receiveStripeEvent(project, "customer.subscription.created", bare)).toMatchObject({
      status: "applied",
    });
    const expanded = { ...(await subscriptionOf(metadata, "past_due")), customer: { id: "cus_1" } };
    await env.DEV.advance(2_000);
    expect(await receiveStripeEvent(project, "customer.subscription.updated", expanded)).toMatchObject({
      status: "applied",
    });
    expect((await readSubject(project, "user_1")).entitlements[0]).toMatchObject({
      status: "past_due",
      purchase: { customerId: "cus_1" },
    });
  });
});

describe("adopted subscription", () => {
  it("an adopted subscription stays with its adopter when its metadata names another project", async () => {
    const { project, metadata } = await subscribedProject();
    const { metadata: elsewhere } = await subscribedProject();
    const owner = { subjectRef: "user_1", customerId: null };
    const objects = [{ stripeId: "sub_1", attemptId: null }];
    await recordObjectOwner(env.DB, { ...project, mode: "test" }, owner, objects, await now());
    const adopted = await subscriptionOf(elsewhere);
    expect(await receiveStripeEvent(project, "customer.subscription.updated", adopted)).toMatchObject({
      status: "applied",
      subjectRef: "user_1",
    });
    expect(metadata).not.toEqual(elsewhere);
    const foreign = { ...adopted, id: "sub_2" };
    expect(await receiveStripeEvent(project, "customer.subscription.updated", foreign)).toMatchObject({
      status: "ignored",
      detail: "belongs to another project",
    });
  });
});

describe("subjects that share a Stripe customer", () => {
  it("two subjects with one Stripe customer each receive only their own payments", async () => {
    const project = await newConnectedProject();
    const names = ["a/b?c=%00 ü", "a/b?c=%00 u"];
    for (const [index, name] of names.entries()) {
      const metadata = await insertCheckoutAttempt(project, name);
      const session = {
        id: `cs_${index}`,
        payment_status: "paid",
        payment_intent: `pi_${index}`,
        amount_total: 100,
        customer: "cus_shared",
        metadata,
      };
      await receiveStripeEvent(project, "checkout.session.completed", session);
    }
    const refund = {
      id: "re_1",
      amount: 100,
      status: "succeeded",
      payment_intent: "pi_1",
      created: await seconds(),
    };
    expect(await receiveStripeEvent(project, "refund.created", refund)).toMatchObject({
      subjectRef: names[1],
    });
    expect((await readSubject(project, names[0] ?? "")).usageRemaining).toBe(10);
    expect((await readSubject(project, names[1] ?? "")).usageRemaining).toBe(0);
  });
});
