import { afterAll, describe, expect, test } from "vitest";
import { startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

const count = 12;

/** A subscription with twelve items, and the invoice of a change of them all. */
async function large() {
  const shop = stripe.newShop();
  const prices = await Promise.all(
    Array.from({ length: count }, (_, index) => shop.createPriceOf(100 + index)),
  );
  const { id } = await shop.subscribe(prices);
  return { shop, id };
}

describe("lists inside objects", () => {
  test("a subscription shows ten items, and its list has all of them in the same order", async () => {
    const { shop, id } = await large();
    const { items } = await shop.client.subscriptions.retrieve(id);
    expect(items.data).toHaveLength(10);
    expect(items.has_more).toBe(true);
    const all = await shop.client.subscriptionItems
      .list({ subscription: id, limit: 5 })
      .autoPagingToArray({ limit: 100 });
    expect(all).toHaveLength(count);
    expect(all.slice(0, 10)).toEqual(items.data);
    const rest = await shop.client.subscriptionItems.list({
      subscription: id,
      starting_after: items.data[9]?.id ?? "",
    });
    expect(rest.data.map((item) => item.id)).toEqual(all.slice(10).map((item) => item.id));
    expect(rest.has_more).toBe(false);
    const before = await shop.client.subscriptionItems.list({
      subscription: id,
      ending_before: all[11]?.id ?? "",
      limit: 2,
    });
    expect(before.data.map((item) => item.id)).toEqual([all[9]?.id, all[10]?.id]);
    expect(await shop.client.subscriptionItems.retrieve(all[11]?.id ?? "")).toEqual(all[11]);
  });

  test("an invoice shows ten lines, prorations first, and its list has all of them", async () => {
    const { shop, id } = await large();
    const all = await shop.client.subscriptionItems.list({ subscription: id, limit: 20 });
    await shop.client.subscriptions.update(id, {
      items: all.data.map((item) => ({ id: item.id, quantity: 2 })),
    });
    const events = await shop.eventsOf(() => stripe.advance(32 * 86_400));
    const paid = events.find(({ type }) => type === "invoice.paid")?.data.object as {
      id: string;
      lines: { data: { parent: object }[]; has_more: boolean };
    };
    expect(paid.lines.has_more).toBe(true);
    expect(paid.lines.data).toHaveLength(10);
    for (const { parent } of paid.lines.data)
      expect(parent).toMatchObject({ subscription_item_details: { proration: true } });
    const lines = await shop.client.invoices.listLineItems(paid.id).autoPagingToArray({ limit: 100 });
    expect(lines).toHaveLength(3 * count);
    const isProration = lines.map((line) => line.parent?.subscription_item_details?.proration);
    expect(isProration).toEqual(Array.from({ length: 3 * count }, (_, index) => index < 2 * count));
    const updates = events.filter(({ type }) => type === "customer.subscription.updated");
    for (const { data } of updates) {
      expect(data.object).toMatchObject({ items: { has_more: true } });
      expect((data.object as { items: { data: object[] } }).items.data).toHaveLength(10);
    }
    expect(updates[0]?.data.previous_attributes).toMatchObject({ items: { has_more: true } });
  });

  test("a subscription has twenty items at most", async () => {
    const { shop, id } = await large();
    const price = await shop.createPriceOf(1);
    const add = (number: number) =>
      shop.client.subscriptions.update(id, { items: Array.from({ length: number }, () => ({ price })) });
    await expect(add(9)).rejects.toThrow("20 items at most");
    await add(8);
    expect((await shop.client.subscriptionItems.list({ subscription: id, limit: 100 })).data).toHaveLength(
      20,
    );
  });
});
