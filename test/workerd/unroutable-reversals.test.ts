import { describe, expect, it } from "vitest";
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

const list = (...data: object[]) => ({ object: "list", data, has_more: false });
const seconds = async () => Math.floor((await now()) / 1_000);

/** A project in which the Stripe customer `cus_1` belongs to `user_1`, who bought 10 credits with `pi_bought`. */
async function newProjectWithCustomer() {
  const project = await newConnectedProject();
  const metadata = await insertCheckoutAttempt(project, "user_1");
  await receiveStripeEvent(project, "checkout.session.completed", {
    id: `cs_${project.connectionId}`,
    payment_status: "paid",
    payment_intent: "pi_bought",
    amount_total: 100,
    customer: "cus_1",
    metadata,
  });
  return { project, metadata };
}

const payment = (customer: string | null, metadata: object = {}) => ({
  path: "/v1/payment_intents/pi_1",
  status: 200,
  body: { id: "pi_1", metadata, customer },
});
const noInvoice = { path: "/v1/invoice_payments", status: 200, body: list() };
const refund = async () => ({
  id: "re_1",
  amount: 100,
  status: "succeeded",
  payment_intent: "pi_1",
  created: await seconds(),
});
const unroutable = "unroutable: payment pi_1 has no metadata of Licenzy and paid no invoice";

describe("a refund of a payment without metadata and invoice", () => {
  it("is retried while its Stripe customer belongs to a subject, and applied once the invoice is linked", async () => {
    const { project, metadata } = await newProjectWithCustomer();
    await env.DEV.setStripeAnswers([payment("cus_1"), noInvoice]);
    const row = await receiveStripeEvent(project, "refund.created", await refund());
    expect(row).toMatchObject({ status: "received", tries: 1, detail: unroutable });
    const at = await seconds();
    const subscription = { id: "sub_1", customer: "cus_1", start_date: at, status: "active", metadata };
    await recordObjectOwner(
      env.DB,
      { ...project, mode: "test" },
      { subjectRef: "user_1", customerId: "cus_1" },
      [{ stripeId: "sub_1", attemptId: null }],
      await now(),
    );
    const invoice = {
      id: "in_1",
      status: "paid",
      parent: { subscription_details: { subscription: "sub_1" } },
    };
    await env.DEV.setStripeAnswers([
      payment("cus_1"),
      { path: "/v1/invoice_payments", status: 200, body: list({ id: "inpay_1", invoice: "in_1" }) },
      { path: "/v1/invoices/in_1", status: 200, body: { ...invoice, lines: list() } },
      { path: "/v1/subscriptions/sub_1", status: 200, body: subscription },
    ]);
    await env.DEV.advance(6_000);
    const eventId = row?.eventId ?? "";
    await processStripeEvent(env, { ...project, eventId });
    expect(await readInboxRow(project, eventId)).toMatchObject({ status: "applied", subjectRef: "user_1" });
  });

  it("fails as unroutable, with the reason, after 72 hours of tries", async () => {
    const { project } = await newProjectWithCustomer();
    await env.DEV.setStripeAnswers([payment("cus_1"), noInvoice]);
    const start = await now();
    let row = await receiveStripeEvent(project, "refund.created", await refund());
    while (row?.status === "received") {
      await env.DEV.advance((row.nextTryAt ?? 0) - (await now()));
      await processStripeEvent(env, { ...project, eventId: row.eventId });
      row = await readInboxRow(project, row.eventId);
    }
    expect(row).toMatchObject({ status: "failed", detail: unroutable });
    const hours = ((await now()) - start) / 3_600_000;
    expect(hours).toBeGreaterThan(71);
    expect(hours).toBeLessThan(75);
    expect((await readSubject(project, "user_1")).usageRemaining).toBe(10);
  });

  it.each([
    ["of a customer whom no subject has", "cus_stranger"],
    ["of no customer", null],
  ])("is ignored at once when it is %s", async (_, customer) => {
    const { project } = await newProjectWithCustomer();
    await env.DEV.setStripeAnswers([payment(customer), noInvoice]);
    const row = await receiveStripeEvent(project, "refund.created", await refund());
    expect(row).toMatchObject({ status: "ignored", detail: "not created by Licenzy" });
  });

  it("charge.refunded and a dispute of it are retried too", async () => {
    const { project } = await newProjectWithCustomer();
    await env.DEV.setStripeAnswers([
      payment("cus_1"),
      noInvoice,
      { path: "/v1/refunds", status: 200, body: list(await refund()) },
    ]);
    const charge = { id: "ch_1", payment_intent: "pi_1" };
    const dispute = { ...(await refund()), id: "dp_1", status: "needs_response" };
    for (const [type, object] of [
      ["charge.refunded", charge],
      ["charge.dispute.created", dispute],
    ] as const)
      expect(await receiveStripeEvent(project, type, object)).toMatchObject({
        status: "received",
        detail: unroutable,
      });
  });
});

describe("a refund of a payment of an unknown checkout attempt", () => {
  it("says so, with the word unroutable", async () => {
    const { project, metadata } = await newProjectWithCustomer();
    const unknown = { ...metadata, licenzy_attempt_id: "att_unknown" };
    await env.DEV.setStripeAnswers([payment("cus_1", unknown)]);
    expect(await receiveStripeEvent(project, "refund.created", await refund())).toMatchObject({
      status: "received",
      detail: "unroutable: unknown checkout attempt att_unknown",
    });
  });
});
