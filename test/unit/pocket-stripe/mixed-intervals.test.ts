import { afterAll, describe, expect, test } from "vitest";
import { firstItem, showLine, startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

/** A monthly item with a yearly one that was added in the middle of the month. */
async function mixed() {
  const shop = stripe.newShop();
  const [monthly, yearly] = [await shop.createPriceOf(3_000), await shop.createPriceOf(36_000, "year")];
  const before = await shop.subscribe([monthly]);
  const item = firstItem(before);
  const month = item.current_period_end - item.current_period_start;
  await stripe.advance(month / 2);
  const { id, items } = await shop.client.subscriptions.update(before.id, { items: [{ price: yearly }] });
  const added = items.data[1];
  if (added === undefined) throw new Error("The item was not added");
  return { shop, monthly, yearly, id, item, added, month, anchor: before.billing_cycle_anchor };
}

describe("items with different intervals", () => {
  test("an added yearly item has its own period, which ends with the cycle, and is prorated", async () => {
    const { shop, monthly, yearly, id, item, added, month, anchor } = await mixed();
    const year = new Date(anchor * 1_000);
    const nextYear = year.setUTCFullYear(year.getUTCFullYear() + 1) / 1_000;
    expect(added.current_period_end).toBe(nextYear);
    const share = (nextYear - added.current_period_start) / (nextYear - anchor);
    await stripe.advance(month / 2 + 2 * 3_600);
    const [renewal] = await shop.invoices(id);
    expect(renewal?.lines.data.map(showLine)).toEqual([
      { amount: Math.round(36_000 * share), item: added.id, price: yearly, proration: true },
      { amount: 3_000, item: item.id, price: monthly, proration: false },
    ]);
  });

  test("each item renews on its own, and both are on one invoice when their periods end together", async () => {
    const { shop, id, item, added, anchor } = await mixed();
    const periodOf = async (itemId: string) => {
      const { current_period_start: start, current_period_end: end } =
        await shop.client.subscriptionItems.retrieve(itemId);
      return { start, end };
    };
    await stripe.advance(40 * 86_400);
    expect((await periodOf(added.id)).end).toBe(added.current_period_end);
    expect((await periodOf(item.id)).start).toBeGreaterThanOrEqual(item.current_period_end);
    await stripe.advance(added.current_period_end - anchor);
    const joint = (await shop.invoices(id)).find(({ created }) => created === added.current_period_end);
    expect(joint?.lines.data.map(showLine).map((line) => line.item)).toEqual([added.id, item.id]);
    expect((await periodOf(added.id)).start).toBe(added.current_period_end);
  });

  test("a renewal changes the period of its item alone, and cancel_at_period_end is the first of the ends", async () => {
    const { shop, id, item, added } = await mixed();
    const { cancel_at } = await shop.client.subscriptions.update(id, { cancel_at_period_end: true });
    expect(cancel_at).toBe(item.current_period_end);
    await shop.client.subscriptions.update(id, { cancel_at_period_end: false });
    const events = await shop.eventsOf(() =>
      stripe.advance(item.current_period_end - item.current_period_start),
    );
    const renewed = events.find(({ type }) => type === "customer.subscription.updated");
    expect(renewed?.data.previous_attributes).toMatchObject({
      items: {
        data: [
          { id: item.id, current_period_end: item.current_period_end },
          { id: added.id, current_period_end: added.current_period_end },
        ],
      },
    });
    expect(renewed?.data.object).toMatchObject({
      items: {
        data: [
          { id: item.id, current_period_start: item.current_period_end },
          { id: added.id, current_period_end: added.current_period_end },
        ],
      },
    });
  });

  test("an item of several that gets another interval is billed at once, and the cycle does not restart", async () => {
    const { shop, monthly, id, item, added, anchor } = await mixed();
    const weekly = await shop.createPriceOf(700, "week");
    await shop.client.subscriptions.update(id, { items: [{ id: item.id, price: weekly }] });
    const after = await shop.client.subscriptions.retrieve(id);
    expect(after.billing_cycle_anchor).toBe(anchor);
    const week = 7 * 86_400;
    const { current_period_start: start, current_period_end: end } = firstItem(after);
    expect((end - anchor) % week).toBe(0);
    expect(end - start).toBeLessThanOrEqual(week);
    expect(after.items.data[1]).toEqual(added);
    const [invoice] = await shop.invoices(id);
    expect(invoice).toMatchObject({ billing_reason: "subscription_update", created: start });
    const ofItem = invoice?.lines.data.map(showLine).filter((line) => line.item === item.id);
    expect(ofItem).toEqual([
      { amount: -1_500, item: item.id, price: monthly, proration: true },
      { amount: Math.round((700 * (end - start)) / week), item: item.id, price: weekly, proration: true },
    ]);
  });

  test("an older API version shows the period that ends first", async () => {
    const { shop, id, item } = await mixed();
    expect(await shop.readOld(`subscriptions/${id}`, "2024-06-20")).toMatchObject({
      current_period_end: item.current_period_end,
    });
  });
});
