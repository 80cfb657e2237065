import fc from "fast-check";
import type Stripe from "stripe";
import { afterAll, expect, test } from "vitest";
import { firstItem, startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

const changeOf = fc.record({
  /** Days before the change. */
  days: fc.constantFrom(0, 0.5, 2, 3),
  kind: fc.constantFrom("add", "remove", "price", "quantity"),
  item: fc.nat(5),
  price: fc.nat(2),
  quantity: fc.nat(3),
  atOnce: fc.boolean(),
});

const unitAmounts = [3_000, 7_000, 11_000];

test("what is billed for a period is the price of what was subscribed, for as long as it was", async () => {
  const shop = stripe.newShop();
  const prices = await Promise.all(unitAmounts.map((amount) => shop.createPriceOf(amount)));
  const costOf = ({ items }: Stripe.Subscription) =>
    items.data.reduce((sum, { price, quantity = 0 }) => sum + (price.unit_amount ?? 0) * quantity, 0);
  const history = fc.array(changeOf, { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(history, async (changes) => {
      let subscription = await shop.subscribe([prices[0] ?? ""]);
      const { id } = subscription;
      const { current_period_start: start, current_period_end: end } = firstItem(subscription);
      let [expected, since] = [0, start];
      const countUntil = (time: number) => {
        expected += (costOf(subscription) * (time - since)) / (end - start);
        since = time;
      };
      for (const { days, kind, item: index, price, quantity, atOnce } of changes) {
        await stripe.advance(days * 86_400);
        const { data } = subscription.items;
        const item = data[index % data.length]?.id ?? "";
        const removes = kind === "remove" && data.length > 1;
        const change: Stripe.SubscriptionUpdateParams.Item = {
          add: { price: prices[price] ?? "", quantity },
          remove: removes ? { id: item, deleted: true } : { id: item, quantity },
          price: { id: item, price: prices[price] ?? "" },
          quantity: { id: item, quantity },
        }[kind];
        let after = subscription;
        const [changed] = await shop.eventsOf(async () => {
          after = await shop.client.subscriptions.update(id, {
            items: [change],
            // Causes an event, which has the time of the change, even if the items are the same.
            metadata: { change: String(Math.random()) },
            proration_behavior: atOnce ? "always_invoice" : "create_prorations",
          });
        });
        countUntil(changed?.created ?? 0);
        subscription = after;
      }
      countUntil(end);
      await stripe.advance(end - start);
      const lines = await Promise.all(
        (await shop.invoices(id)).map((invoice) =>
          shop.client.invoices.listLineItems(invoice.id ?? "").autoPagingToArray({ limit: 100 }),
        ),
      );
      const inPeriod = lines.flat().filter(({ period }) => period.start < end);
      const billed = inPeriod.reduce((sum, { amount }) => sum + amount, 0);
      expect(Math.abs(billed - expected)).toBeLessThanOrEqual(inPeriod.length);
    }),
    { numRuns: 5 },
  );
});
