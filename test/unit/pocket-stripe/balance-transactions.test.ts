import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessionFor } from "./sessions.ts";
import { startPocketStripe } from "./start-pocket-stripe.ts";

let pocket: Awaited<ReturnType<typeof startPocketStripe>>;
beforeAll(async () => {
  pocket = await startPocketStripe();
});
afterAll(() => pocket.dispose());

const readPayment = (id: string) =>
  pocket.stripe.client.paymentIntents.retrieve(id, { expand: ["latest_charge.balance_transaction"] });

describe("balance transactions", () => {
  test("the balance transaction of a card payment says when it succeeded, and can be read by its id", async () => {
    const { client } = pocket.stripe;
    const paid = await sessionFor(pocket, [await pocket.stripe.createPrice("Pack", 4_900)], "paid");
    const { latest_charge } = await readPayment(paid.payment_intent);
    expect(latest_charge).toMatchObject({
      status: "succeeded",
      balance_transaction: { amount: 4_900, currency: "eur", type: "charge", reporting_category: "charge" },
    });
    const { data } = await client.charges.list({
      payment_intent: paid.payment_intent,
      expand: ["data.balance_transaction"],
    });
    expect(data[0]).toEqual(latest_charge);
    const { balance_transaction: expanded } = data[0] ?? {};
    if (expanded === null || typeof expanded !== "object") throw new Error("not expanded");
    expect(await client.balanceTransactions.retrieve(expanded.id)).toMatchObject({
      ...expanded,
      source: data[0]?.id,
    });
  });

  test("a bank debit has no balance transaction until it succeeds, and then one of that time", async () => {
    const begunAt = pocket.readNow();
    const begun = await sessionFor(pocket, [await pocket.stripe.createPrice("Pass", 900)], "unpaid");
    expect((await readPayment(begun.payment_intent)).latest_charge).toMatchObject({
      status: "pending",
      balance_transaction: null,
    });
    await pocket.advance(3 * 86_400);
    const succeededAt = pocket.readNow();
    await pocket.stripe.control(`payments/${begun.payment_intent}`, { async: "succeeded" });
    const { latest_charge } = await readPayment(begun.payment_intent);
    if (latest_charge === null || typeof latest_charge === "string") throw new Error("not expanded");
    expect(latest_charge.created).toBeLessThan(begunAt + 60);
    const { balance_transaction } = latest_charge;
    if (balance_transaction === null || typeof balance_transaction === "string")
      throw new Error("not expanded");
    expect(balance_transaction.created).toBeGreaterThanOrEqual(succeededAt);
    expect(balance_transaction.type).toBe("payment");
  });

  test("charge.succeeded has no balance transaction yet, and charge.updated has it, as with asynchronous capture", async () => {
    const { client } = pocket.stripe;
    const paid = await sessionFor(pocket, [await pocket.stripe.createPrice("Pack", 700)], "paid");
    const { latest_charge } = await client.paymentIntents.retrieve(paid.payment_intent);
    const { data } = await client.events.list({ types: ["charge.succeeded", "charge.updated"], limit: 100 });
    const ofCharge = data.filter((event) => (event.data.object as { id: string }).id === latest_charge);
    expect(
      ofCharge.map(({ type, data: { object, previous_attributes } }) => [
        type,
        (object as { balance_transaction: string | null }).balance_transaction === null,
        previous_attributes,
      ]),
    ).toEqual([
      ["charge.updated", false, { balance_transaction: null }],
      ["charge.succeeded", true, undefined],
    ]);
  });

  test("a failed payment has no balance transaction", async () => {
    const begun = await sessionFor(pocket, [await pocket.stripe.createPrice("Pass", 900)], "unpaid");
    await pocket.stripe.control(`payments/${begun.payment_intent}`, { async: "failed" });
    expect((await readPayment(begun.payment_intent)).latest_charge).toMatchObject({
      status: "failed",
      balance_transaction: null,
    });
  });

  test("a restricted key that may read charges but not the balance can't expand balance transactions", async () => {
    const restricted = pocket.open("rk_test_unit0001");
    const paid = await sessionFor(pocket, [await pocket.stripe.createPrice("Pack", 100)], "paid");
    await restricted.control("keys", { key: "rk_test_unit0001", missing: ["rak_balance_read"] });
    const { payment_intent } = paid;
    expect((await restricted.client.charges.list({ payment_intent })).data).toHaveLength(1);
    await expect(
      restricted.client.charges.list({ payment_intent, expand: ["data.balance_transaction"] }),
    ).rejects.toMatchObject({ statusCode: 403, message: expect.stringContaining("rak_balance_read") });
    await restricted.control("keys", { key: "rk_test_unit0001", missing: [] });
    const { data } = await restricted.client.charges.list({
      payment_intent,
      expand: ["data.balance_transaction"],
    });
    expect(data[0]?.balance_transaction).toMatchObject({ object: "balance_transaction" });
  });
});
