import { afterAll, describe, expect, test } from "vitest";
import { firstItem, startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

/** A subscription with payments that fail from now on, and a higher price. */
async function failing() {
  const shop = stripe.newShop();
  const [basic, pro] = [await shop.createPriceOf(3_000), await shop.createPriceOf(9_000)];
  const { id, items } = await shop.subscribe([basic]);
  const item = items.data[0]?.id ?? "";
  await shop.controlSubscription(id, { next_payment: "fail" });
  const upgrade = (payment_behavior: "allow_incomplete" | "error_if_incomplete" | "pending_if_incomplete") =>
    shop.client.subscriptions.update(id, {
      items: [{ id: item, price: pro }],
      proration_behavior: "always_invoice",
      payment_behavior,
    });
  return { shop, basic, pro, id, item, upgrade };
}

describe("payment_behavior", () => {
  test("allow_incomplete applies the change, and the subscription is past due", async () => {
    const { shop, pro, id, upgrade } = await failing();
    await upgrade("allow_incomplete");
    const after = await shop.client.subscriptions.retrieve(id);
    expect(after.status).toBe("past_due");
    expect(firstItem(after).price.id).toBe(pro);
  });

  test("error_if_incomplete replies 402 and changes nothing", async () => {
    const { shop, id, upgrade } = await failing();
    const before = await shop.client.subscriptions.retrieve(id);
    const events = await shop.eventsOf(() =>
      expect(upgrade("error_if_incomplete")).rejects.toMatchObject({
        statusCode: 402,
        code: "card_declined",
      }),
    );
    expect(events).toEqual([]);
    expect(await shop.client.subscriptions.retrieve(id)).toEqual(before);
    expect(await shop.invoices(id)).toHaveLength(1);
  });

  test("pending_if_incomplete keeps the change until its invoice is paid", async () => {
    const { shop, basic, pro, id, item, upgrade } = await failing();
    const events = await shop.eventsOf(() => upgrade("pending_if_incomplete"));
    const waiting = await shop.client.subscriptions.retrieve(id);
    expect(firstItem(waiting).price.id).toBe(basic);
    expect(waiting).toMatchObject({
      status: "active",
      pending_update: { subscription_items: [{ id: item, price: { id: pro } }] },
    });
    const updated = events.filter(({ type }) => type === "customer.subscription.updated");
    expect(updated).toHaveLength(1);
    expect(updated[0]?.data.previous_attributes).toEqual({
      latest_invoice: expect.any(String),
      pending_update: null,
    });
    const expiresAt = waiting.pending_update?.expires_at ?? 0;
    expect(expiresAt - (updated[0]?.created ?? 0)).toBe(23 * 3_600);
    const invoice = String(waiting.latest_invoice);
    expect(await shop.client.invoices.retrieve(invoice)).toMatchObject({
      status: "open",
      billing_reason: "subscription_update",
      next_payment_attempt: null,
    });
    await expect(shop.client.invoices.pay(invoice)).rejects.toThrow("declined");
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
    await shop.controlSubscription(id, { next_payment: "succeed" });
    const applied = await shop.eventsOf(() => shop.client.invoices.pay(invoice));
    expect(applied.map(({ type }) => type).slice(-2)).toEqual([
      "customer.subscription.updated",
      "customer.subscription.pending_update_applied",
    ]);
    const after = await shop.client.subscriptions.retrieve(id);
    expect(after.pending_update).toBeNull();
    expect(firstItem(after)).toMatchObject({ id: item, price: { id: pro } });
  });

  test("an unpaid update expires, its invoice is void, and the time is credited by a later change", async () => {
    const { shop, basic, id, item, upgrade } = await failing();
    const { latest_invoice } = await upgrade("pending_if_incomplete");
    const events = await shop.eventsOf(() => stripe.advance(24 * 3_600));
    expect(events.map(({ type }) => type)).toEqual([
      "invoice.voided",
      "customer.subscription.updated",
      "customer.subscription.pending_update_expired",
    ]);
    expect(await shop.client.invoices.retrieve(String(latest_invoice))).toMatchObject({ status: "void" });
    const after = await shop.client.subscriptions.retrieve(id);
    expect(after).toMatchObject({ status: "active", pending_update: null });
    expect(firstItem(after).price.id).toBe(basic);
    await shop.controlSubscription(id, { next_payment: "succeed" });
    await shop.client.subscriptions.update(id, {
      items: [{ id: item, quantity: 2 }],
      proration_behavior: "always_invoice",
    });
    const [invoice] = await shop.invoices(id);
    expect(invoice?.lines.data.map(({ amount }) => Math.sign(amount))).toEqual([-1, 1]);
  });

  test("an update that is paid at once is not pending, and another update discards the pending one", async () => {
    const { shop, pro, id, item, upgrade } = await failing();
    const { latest_invoice: unpaid } = await upgrade("pending_if_incomplete");
    await shop.controlSubscription(id, { next_payment: "succeed" });
    const paid = await upgrade("pending_if_incomplete");
    expect(paid.pending_update).toBeNull();
    expect(firstItem(paid)).toMatchObject({ id: item, price: { id: pro } });
    expect(await shop.client.invoices.retrieve(String(unpaid))).toMatchObject({ status: "void" });
  });

  test("a cancellation voids the invoice of a pending update", async () => {
    const { shop, id, upgrade } = await failing();
    const { latest_invoice } = await upgrade("pending_if_incomplete");
    expect(await shop.client.subscriptions.cancel(id)).toMatchObject({
      status: "canceled",
      pending_update: null,
    });
    expect(await shop.client.invoices.retrieve(String(latest_invoice))).toMatchObject({ status: "void" });
  });

  test("a pending update can't have other parameters", async () => {
    const { shop, id } = await failing();
    const change = { metadata: { a: "b" }, payment_behavior: "pending_if_incomplete" } as const;
    await expect(shop.client.subscriptions.update(id, change)).rejects.toThrow("metadata");
  });
});
