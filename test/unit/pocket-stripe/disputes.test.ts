import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionFor } from "./sessions.ts";
import { startPocketStripe } from "./start-pocket-stripe.ts";

let pocket: Awaited<ReturnType<typeof startPocketStripe>>;
beforeAll(async () => {
  pocket = await startPocketStripe();
});
afterAll(() => pocket.dispose());

const buy = async () =>
  (await sessionFor(pocket, [await pocket.stripe.createPrice("Pack", 4_900)], "paid")).payment_intent;

async function dispute(payment_intent: string, body: object) {
  const reply = await pocket.stripe.control("disputes", { payment_intent, ...body });
  return (reply as { dispute: { id: string } }).dispute;
}

async function listEventTypes(id: string) {
  const { data } = await pocket.stripe.client.events.list({ limit: 100 });
  return data
    .filter(({ data: { object } }) => (object as { id: string }).id === id)
    .map(({ type }) => type)
    .reverse();
}

describe("disputes", () => {
  test.each([1_000, 5_350])("a charge of 4900 can be disputed for %i", async (amount) => {
    const opened = await dispute(await buy(), { amount });
    expect(opened).toMatchObject({
      amount,
      currency: "eur",
      status: "needs_response",
      balance_transactions: [{ amount: -amount, fee: 1_500, reporting_category: "dispute" }],
    });
  });

  test("a dispute can have another currency than its charge, and then needs an amount", async () => {
    const payment = await buy();
    expect(await dispute(payment, { amount: 5_000, currency: "jpy" })).toMatchObject({
      amount: 5_000,
      currency: "jpy",
    });
    await expect(dispute(payment, { currency: "jpy" })).rejects.toThrow("amount");
  });

  test("a dispute can be lost from its first event on", async () => {
    const lost = await dispute(await buy(), { status: "lost" });
    expect(lost).toMatchObject({ status: "lost", amount: 4_900, is_charge_refundable: false });
    expect(await listEventTypes(lost.id)).toEqual([
      "charge.dispute.created",
      "charge.dispute.funds_withdrawn",
      "charge.dispute.closed",
    ]);
    await expect(pocket.stripe.control(`disputes/${lost.id}`, { status: "won" })).rejects.toThrow("lost");
  });

  test("a charge can have several disputes, each with its own outcome", async () => {
    const payment_intent = await buy();
    const first = await dispute(payment_intent, { amount: 2_000 });
    const second = await dispute(payment_intent, { amount: 2_900 });
    await pocket.stripe.control(`disputes/${first.id}`, { status: "won" });
    await pocket.stripe.control(`disputes/${second.id}`, { status: "lost" });
    const { data } = await pocket.stripe.client.disputes.list({ payment_intent });
    expect(data.map(({ id, status }) => [id, status])).toEqual([
      [second.id, "lost"],
      [first.id, "won"],
    ]);
    expect(data[1]?.balance_transactions.map(({ amount }) => amount)).toEqual([-2_000, 2_000]);
  });
});

describe("refunds in another currency than the charge", () => {
  test("the refund is recorded in its currency, and the charge counts nothing of it", async () => {
    const { client } = pocket.stripe;
    const payment_intent = await buy();
    const order = { payment_intent, amount: 5_000, currency: "jpy" };
    const { refund } = (await pocket.stripe.control("refunds", order)) as { refund: { id: string } };
    expect(refund).toMatchObject({ amount: 5_000, currency: "jpy", status: "succeeded" });
    const { data } = await client.charges.list({ payment_intent });
    expect(data[0]).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await listEventTypes(refund.id)).toEqual(["refund.created"]);
    await pocket.stripe.control(`refunds/${refund.id}`, { status: "failed" });
    expect((await client.charges.list({ payment_intent })).data[0]).toMatchObject({ amount_refunded: 0 });
  });

  test("a refund in the charge's currency counts, and its balance transaction takes the amount", async () => {
    const { client } = pocket.stripe;
    const payment_intent = await buy();
    const refund = await client.refunds.create({
      payment_intent,
      amount: 900,
      expand: ["balance_transaction"],
    });
    expect(refund.balance_transaction).toMatchObject({ amount: -900, currency: "eur", type: "refund" });
    expect((await client.charges.list({ payment_intent })).data[0]).toMatchObject({ amount_refunded: 900 });
  });
});
