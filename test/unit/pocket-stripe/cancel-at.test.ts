import { afterAll, describe, expect, test } from "vitest";
import { firstItem, startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

const day = 86_400;

async function subscribed() {
  const shop = stripe.newShop();
  const subscription = await shop.subscribe([await shop.createPriceOf(3_000)]);
  const { current_period_start: start, current_period_end: end } = firstItem(subscription);
  return { shop, id: subscription.id, start, end };
}

describe("cancel_at", () => {
  test("a time far off ends the subscription then, and the last period is short and charged in part", async () => {
    const { shop, id, end } = await subscribed();
    const at = end + 10 * day;
    const events = await shop.eventsOf(() => shop.client.subscriptions.update(id, { cancel_at: at }));
    expect(events.map(({ type, data }) => [type, data.previous_attributes])).toEqual([
      [
        "customer.subscription.updated",
        { cancel_at: null, canceled_at: null, cancellation_details: { reason: null } },
      ],
    ]);
    expect(await shop.client.subscriptions.retrieve(id)).toMatchObject({
      cancel_at: at,
      cancel_at_period_end: false,
      status: "active",
    });
    await stripe.advance(35 * day);
    const last = await shop.client.subscriptions.retrieve(id);
    expect(last.status).toBe("active");
    expect(firstItem(last)).toMatchObject({ current_period_start: end, current_period_end: at });
    const [invoice] = await shop.invoices(id);
    const [line] = invoice?.lines.data ?? [];
    expect(line?.period).toEqual({ start: end, end: at });
    expect(line?.amount).toBeGreaterThan(960);
    expect(line?.amount).toBeLessThan(1_080);
    const ended = await shop.eventsOf(() => stripe.advance(10 * day));
    expect(ended.map(({ type, created }) => [type, created])).toEqual([
      ["customer.subscription.deleted", at],
    ]);
    expect(await shop.client.subscriptions.retrieve(id)).toMatchObject({ status: "canceled", ended_at: at });
  });

  test("a new period ends with the subscription and is charged in part", async () => {
    const { shop, id, start } = await subscribed();
    const at = start + 15 * day;
    await shop.client.subscriptions.update(id, { cancel_at: at });
    await shop.controlSubscription(id, { renew: "now" });
    const restarted = await shop.client.subscriptions.retrieve(id);
    expect(firstItem(restarted).current_period_end).toBe(at);
    const [invoice] = await shop.invoices(id);
    expect(invoice?.amount_paid).toBeGreaterThan(1_440);
    expect(invoice?.amount_paid).toBeLessThan(1_620);
  });

  test("an empty cancel_at clears it", async () => {
    const { shop, id, end } = await subscribed();
    await shop.client.subscriptions.update(id, { cancel_at: end + day });
    const { cancel_at, canceled_at } = await shop.client.subscriptions.update(id, { cancel_at: "" });
    expect([cancel_at, canceled_at]).toEqual([null, null]);
    await stripe.advance(40 * day);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("active");
  });

  test("min_period_end is a time, and cancel_at_period_end moves with the period", async () => {
    const { shop, id, end } = await subscribed();
    const named = await shop.client.subscriptions.update(id, { cancel_at: "min_period_end" });
    expect(named).toMatchObject({ cancel_at: end, cancel_at_period_end: false });
    const atEnd = await shop.client.subscriptions.update(id, {
      cancel_at: "",
      cancel_at_period_end: true,
    });
    expect(atEnd).toMatchObject({ cancel_at: end, cancel_at_period_end: true });
    await shop.controlSubscription(id, { renew: "now" });
    const moved = await shop.client.subscriptions.retrieve(id);
    expect(moved.cancel_at).toBe(firstItem(moved).current_period_end);
    await stripe.advance(32 * day);
    expect((await shop.client.subscriptions.retrieve(id)).status).toBe("canceled");
  });

  test("a subscription schedule ends a subscription at its time", async () => {
    const { shop, id, end } = await subscribed();
    await shop.controlSubscription(id, { cancel_at: end, scheduled: true });
    expect(await shop.client.subscriptions.retrieve(id)).toMatchObject({
      cancel_at: end,
      cancel_at_period_end: false,
      schedule: expect.stringMatching(/^sub_sched_/),
    });
    await stripe.advance(32 * day);
    expect(await shop.invoices(id)).toHaveLength(1);
    expect((await shop.client.subscriptions.retrieve(id)).ended_at).toBe(end);
  });

  test.each([
    [{ cancel_at: 1 }, "must be in the future"],
    [{ cancel_at: 4_000_000_000, cancel_at_period_end: true }, "only specify one"],
    [{ cancel_at: "next_year" }, "must be one of max_period_end, min_period_end"],
  ])("%j is refused: %s", async (change, message) => {
    const { shop, id } = await subscribed();
    await expect(shop.client.subscriptions.update(id, change)).rejects.toThrow(message);
  });
});
