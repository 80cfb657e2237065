import { afterAll, describe, expect, test } from "vitest";
import { startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

/** A subscription with an unpaid renewal. */
async function pastDue() {
  const shop = stripe.newShop();
  const { id } = await shop.subscribe([await shop.createPriceOf(3_000)]);
  await shop.controlSubscription(id, { next_payment: "fail" });
  await shop.controlSubscription(id, { renew: "now" });
  const { status, latest_invoice } = await shop.client.subscriptions.retrieve(id);
  expect(status).toBe("past_due");
  return { shop, id, invoice: String(latest_invoice) };
}

describe("void and uncollectible invoices", () => {
  test("voiding the latest invoice makes a past due subscription active", async () => {
    const { shop, id, invoice } = await pastDue();
    const events = await shop.eventsOf(() => shop.client.invoices.voidInvoice(invoice));
    expect(events.map(({ type, data }) => [type, data.previous_attributes])).toEqual([
      ["invoice.voided", undefined],
      ["customer.subscription.updated", { status: "past_due" }],
    ]);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
    await expect(shop.client.invoices.pay(invoice)).rejects.toThrow("Invoice is void");
    await expect(shop.client.invoices.voidInvoice(invoice)).rejects.toThrow("is void");
  });

  test("an uncollectible invoice makes the subscription active, and can be paid later", async () => {
    const { shop, id, invoice } = await pastDue();
    const events = await shop.eventsOf(() => shop.client.invoices.markUncollectible(invoice));
    expect(events.map(({ type }) => type)).toEqual([
      "invoice.marked_uncollectible",
      "customer.subscription.updated",
    ]);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
    await shop.controlSubscription(id, { next_payment: "succeed" });
    expect(await shop.client.invoices.pay(invoice)).toMatchObject({ status: "paid", amount_paid: 3_000 });
    await expect(shop.client.invoices.markUncollectible(invoice)).rejects.toThrow("open invoices");
  });

  test("an older invoice changes nothing, and an ended subscription stays ended", async () => {
    const { shop, id, invoice } = await pastDue();
    await shop.controlSubscription(id, { renew: "now" });
    await shop.client.invoices.voidInvoice(invoice);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("past_due");
    const { latest_invoice } = await shop.client.subscriptions.cancel(id);
    await shop.client.invoices.markUncollectible(String(latest_invoice));
    await shop.controlSubscription(id, { next_payment: "succeed" });
    await shop.client.invoices.pay(String(latest_invoice));
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("canceled");
  });

  test("a void invoice returns the balance that it took", async () => {
    const { shop, id } = await pastDue();
    const { items, customer } = await shop.client.subscriptions.retrieve(id);
    const item = items.data[0]?.id ?? "";
    const change = (quantity: number) =>
      shop.client.subscriptions.update(id, {
        items: [{ id: item, quantity }],
        proration_behavior: "always_invoice",
      });
    await change(0);
    const balance = async () => {
      const read = await shop.client.customers.retrieve(String(customer));
      return read.deleted ? undefined : read.balance;
    };
    const credit = await balance();
    expect(credit).toBeLessThan(-2_990);
    const { latest_invoice } = await change(3);
    const open = await shop.client.invoices.retrieve(String(latest_invoice));
    expect(open).toMatchObject({ status: "open", starting_balance: credit, ending_balance: 0 });
    expect(open.amount_due).toBe(open.total + (credit ?? 0));
    expect(await balance()).toBe(0);
    await shop.client.invoices.voidInvoice(open.id);
    expect(await balance()).toBe(credit);
  });
});
