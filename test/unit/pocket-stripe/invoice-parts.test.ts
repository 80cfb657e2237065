import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionFor } from "./sessions.ts";
import { startPocketStripe } from "./start-pocket-stripe.ts";

let pocket: Awaited<ReturnType<typeof startPocketStripe>>;
beforeAll(async () => {
  pocket = await startPocketStripe();
});
afterAll(() => pocket.dispose());

const payParts = (invoice: string, ...payments: { amount: number; outcome?: string }[]) =>
  pocket.stripe.control(`invoices/${invoice}/payments`, { payments });

/** Leaves the renewal of a new monthly subscription open, after a failed attempt. */
async function openRenewal(amount: number) {
  const price = await pocket.stripe.createMonthlyPrice("Pro", amount);
  const { subscription } = await sessionFor(pocket, [price], "paid", { mode: "subscription" });
  await pocket.stripe.control(`subscriptions/${subscription}`, { next_payment: "fail" });
  await pocket.advance(32 * 86_400);
  const { latest_invoice, status } = await pocket.stripe.client.subscriptions.retrieve(subscription);
  expect(status).toBe("past_due");
  return { subscription, invoice: String(latest_invoice) };
}

describe("an invoice that is paid in parts", () => {
  test("each part has its own payment intent, and the invoice is paid with the last one", async () => {
    const { client } = pocket.stripe;
    const { subscription, invoice } = await openRenewal(3_000);
    await payParts(invoice, { amount: 1_000 });
    expect(await client.invoices.retrieve(invoice)).toMatchObject({
      status: "open",
      amount_paid: 1_000,
      amount_remaining: 2_000,
    });
    expect(await client.subscriptions.retrieve(subscription)).toMatchObject({ status: "past_due" });
    await pocket.advance(3_600);
    const paidAt = pocket.readNow();
    await payParts(invoice, { amount: 1_500 }, { amount: 500, outcome: "out_of_band" });
    const paid = await client.invoices.retrieve(invoice);
    expect(paid).toMatchObject({ status: "paid", amount_paid: 3_000, amount_remaining: 0 });
    expect(paid.status_transitions.paid_at).toBeGreaterThanOrEqual(paidAt);
    expect(await client.subscriptions.retrieve(subscription)).toMatchObject({ status: "active" });

    const { data: payments } = await client.invoicePayments.list({ invoice });
    expect(
      payments.map(({ status, is_default, amount_paid, payment }) => [
        status,
        is_default,
        amount_paid,
        payment.type,
      ]),
    ).toEqual([
      ["paid", false, 500, "payment_record"],
      ["paid", false, 1_500, "payment_intent"],
      ["paid", false, 1_000, "payment_intent"],
      ["canceled", true, null, "payment_intent"],
    ]);
    const intents = payments.flatMap(({ payment }) => payment.payment_intent ?? []).map(String);
    expect(new Set(intents).size).toBe(3);
    const read = await Promise.all(intents.map((id) => client.paymentIntents.retrieve(id)));
    expect(read.map(({ status, amount }) => [status, amount])).toEqual([
      ["succeeded", 1_500],
      ["succeeded", 1_000],
      ["canceled", 500],
    ]);
  });

  test("the payments of an invoice are listed in pages", async () => {
    const { invoice } = await openRenewal(1_200);
    await payParts(invoice, ...Array.from({ length: 12 }, () => ({ amount: 100 })));
    const list = (page: object) =>
      pocket.stripe.client.invoicePayments.list({ invoice, status: "paid", ...page });
    const first = await list({});
    expect([first.data.length, first.has_more]).toEqual([10, true]);
    const second = await list({ starting_after: first.data.at(-1)?.id });
    expect([second.data.length, second.has_more]).toEqual([2, false]);
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(12);
  });

  test("Stripe's events report each part, and invoice.paid comes once, after the last part", async () => {
    const { invoice } = await openRenewal(900);
    await payParts(invoice, { amount: 400 }, { amount: 500 });
    const types = ["invoice_payment.paid", "invoice.updated", "invoice.paid"];
    const { data } = await pocket.stripe.client.events.list({ types, limit: 100 });
    const ofInvoice = data.filter(({ data: { object } }) => {
      const { id, invoice: owner } = object as { id: string; invoice?: string };
      return id === invoice || owner === invoice;
    });
    expect(ofInvoice.map(({ type, data: { previous_attributes } }) => [type, previous_attributes])).toEqual([
      ["invoice.paid", undefined],
      ["invoice_payment.paid", undefined],
      ["invoice.updated", { amount_paid: 0, amount_remaining: 900 }],
      ["invoice_payment.paid", undefined],
    ]);
  });

  test("the next automatic attempt pays what the parts left", async () => {
    const { subscription, invoice } = await openRenewal(3_000);
    await payParts(invoice, { amount: 1_000 });
    await pocket.stripe.control(`subscriptions/${subscription}`, { next_payment: "succeed" });
    await pocket.advance(8 * 86_400);
    const { data } = await pocket.stripe.client.invoicePayments.list({ invoice, status: "paid" });
    expect(data.map(({ amount_paid, is_default }) => [amount_paid, is_default])).toEqual([
      [1_000, false],
      [2_000, true],
    ]);
    expect(await pocket.stripe.client.invoices.retrieve(invoice)).toMatchObject({
      status: "paid",
      amount_paid: 3_000,
    });
  });

  test("a part by bank debit counts when it succeeds, and the invoice is paid at that time", async () => {
    const { client } = pocket.stripe;
    const { invoice } = await openRenewal(2_000);
    await payParts(invoice, { amount: 1_200 }, { amount: 800, outcome: "processing" });
    expect(await client.invoices.retrieve(invoice)).toMatchObject({ status: "open", amount_remaining: 800 });
    await expect(payParts(invoice, { amount: 1 })).rejects.toThrow("only 0 can be paid");
    const { data } = await client.invoicePayments.list({ invoice, status: "open" });
    const debit = data.find(({ is_default }) => !is_default)?.payment.payment_intent;
    await pocket.advance(2 * 86_400);
    const succeededAt = pocket.readNow();
    await pocket.stripe.control(`payments/${debit}`, { async: "succeeded" });
    const paid = await client.invoices.retrieve(invoice);
    expect(paid.status).toBe("paid");
    expect(paid.status_transitions.paid_at).toBeGreaterThanOrEqual(succeededAt);
  });

  test("parts above what remains, and parts of a paid invoice, are refused", async () => {
    const { invoice } = await openRenewal(500);
    await expect(payParts(invoice, { amount: 501 })).rejects.toThrow("only 500 can be paid");
    await payParts(invoice, { amount: 500 });
    await expect(payParts(invoice, { amount: 1 })).rejects.toThrow("only open invoices can be paid");
  });
});

describe("a first invoice that is paid by bank debit", () => {
  test("paid_at is when the debit succeeded, not when it was begun", async () => {
    const price = await pocket.stripe.createMonthlyPrice("Pro", 2_900);
    const begun = await sessionFor(pocket, [price], "unpaid", { mode: "subscription" });
    const invoice = await pocket.stripe.client.invoices.retrieve(begun.invoice);
    expect([invoice.status, invoice.status_transitions.paid_at]).toEqual(["open", null]);
    const { data } = await pocket.stripe.client.invoicePayments.list({ invoice: begun.invoice });
    await pocket.advance(4 * 86_400);
    const succeededAt = pocket.readNow();
    await pocket.stripe.control(`payments/${data[0]?.payment.payment_intent}`, { async: "succeeded" });
    const paid = await pocket.stripe.client.invoices.retrieve(begun.invoice, { expand: ["payments"] });
    expect(paid.status).toBe("paid");
    expect(paid.status_transitions.paid_at).toBeGreaterThanOrEqual(succeededAt);
    expect(paid.payments?.data[0]?.status_transitions.paid_at).toBe(paid.status_transitions.paid_at);
    const session = await pocket.stripe.client.checkout.sessions.retrieve(begun.session.id);
    expect(session.payment_status).toBe("paid");
  });
});
