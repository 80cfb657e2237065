import type Stripe from "stripe";
import { afterAll, describe, expect, test } from "vitest";
import { firstItem, type Shop, showLine, startPocketStripe } from "./billing-world.ts";

const stripe = await startPocketStripe();
afterAll(() => stripe.stop());

/** A monthly subscription of EUR 30 in the middle of its period, and a price of EUR 90. */
async function subscribed() {
  const shop = stripe.newShop();
  const basic = await shop.createPriceOf(3_000);
  const pro = await shop.createPriceOf(9_000);
  const subscription = await shop.subscribe([basic]);
  const item = firstItem(subscription);
  const month = item.current_period_end - item.current_period_start;
  await stripe.advance(month / 2);
  return { shop, basic, pro, id: subscription.id, item, month };
}

async function readCustomer(shop: Shop, subscription: string): Promise<Stripe.Customer> {
  const { customer } = await shop.client.subscriptions.retrieve(subscription, { expand: ["customer"] });
  return customer as Stripe.Customer;
}

describe("prorations of pocket Stripe", () => {
  test("a change of price waits as credit and charge for the next invoice, which lists them first", async () => {
    const { shop, basic, pro, id, item, month } = await subscribed();
    const events = await shop.eventsOf(() =>
      shop.client.subscriptions.update(id, { items: [{ id: item.id, price: pro }] }),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "invoiceitem.created",
      "invoiceitem.created",
      "customer.subscription.updated",
    ]);
    expect(events[2]?.data.previous_attributes).toMatchObject({
      items: { data: [{ id: item.id, price: { id: basic } }] },
    });
    expect(await shop.invoices(id)).toHaveLength(1);
    await stripe.advance(month / 2 + 2 * 3_600);
    const [renewal, first] = await shop.invoices(id);
    const lines = renewal?.lines.data ?? [];
    expect(lines.map(showLine)).toEqual([
      { amount: -1_500, item: item.id, price: basic, proration: true },
      { amount: 4_500, item: item.id, price: pro, proration: true },
      { amount: 9_000, item: item.id, price: pro, proration: false },
    ]);
    expect(renewal).toMatchObject({ billing_reason: "subscription_cycle", total: 12_000, status: "paid" });
    const [credit, charge] = lines;
    expect(credit?.period.end).toBe(item.current_period_end);
    expect(credit?.period).toEqual(charge?.period);
    const details = (line: Stripe.InvoiceLineItem | undefined) =>
      line?.parent?.subscription_item_details?.proration_details;
    expect(details(credit)).toEqual({
      credited_items: { invoice: first?.id, invoice_line_items: [first?.lines.data[0]?.id] },
    });
    expect(details(charge)).toEqual({ credited_items: null });
  });

  test("always_invoice bills a change of quantity at once, in Stripe's order of events", async () => {
    const { shop, basic, id, item } = await subscribed();
    const events = await shop.eventsOf(() =>
      shop.client.subscriptions.update(id, {
        items: [{ id: item.id, quantity: 3 }],
        proration_behavior: "always_invoice",
      }),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "invoiceitem.created",
      "invoiceitem.created",
      "invoice.created",
      "customer.subscription.updated",
      "invoice.finalized",
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.succeeded",
      "charge.updated",
      "invoice_payment.paid",
      "invoice.paid",
      "invoice.payment_succeeded",
    ]);
    const [invoice] = await shop.invoices(id);
    expect(invoice).toMatchObject({
      billing_reason: "subscription_update",
      amount_paid: 3_000,
      status: "paid",
    });
    expect(invoice?.lines.data.map((line) => [line.amount, line.quantity])).toEqual([
      [-1_500, 1],
      [4_500, 3],
    ]);
    const { latest_invoice, items } = await shop.client.subscriptions.retrieve(id);
    expect(latest_invoice).toBe(invoice?.id);
    expect(items.data[0]).toMatchObject({ quantity: 3, price: { id: basic } });
  });

  test("an added item is charged and a removed one is credited", async () => {
    const { shop, basic, pro, id, item } = await subscribed();
    await shop.client.subscriptions.update(id, {
      items: [{ price: pro }],
      proration_behavior: "always_invoice",
    });
    const added = (await shop.client.subscriptions.retrieve(id)).items.data[1];
    expect(added?.current_period_end).toBe(item.current_period_end);
    await shop.client.subscriptions.update(id, {
      items: [{ id: item.id, deleted: true }],
      proration_behavior: "always_invoice",
    });
    const [removal, addition] = await shop.invoices(id);
    expect(addition?.lines.data.map(showLine)).toEqual([
      { amount: 4_500, item: added?.id, price: pro, proration: true },
    ]);
    expect(removal?.lines.data.map(showLine)).toEqual([
      { amount: -1_500, item: item.id, price: basic, proration: true },
    ]);
  });

  test("a negative total goes to the balance, which pays later invoices", async () => {
    const { shop, id, item, basic, pro, month } = await subscribed();
    await shop.client.subscriptions.update(id, {
      items: [{ id: item.id, price: pro }],
      proration_behavior: "always_invoice",
    });
    const events = await shop.eventsOf(() =>
      shop.client.subscriptions.update(id, {
        items: [{ id: item.id, price: basic }],
        proration_behavior: "always_invoice",
      }),
    );
    expect(events.find(({ type }) => type === "customer.updated")?.data).toMatchObject({
      object: { balance: -3_000 },
      previous_attributes: { balance: 0 },
    });
    const [refund] = await shop.invoices(id);
    expect(refund).toMatchObject({
      total: -3_000,
      amount_due: 0,
      amount_paid: 0,
      ending_balance: -3_000,
      status: "paid",
    });
    await stripe.advance(month / 2 + 2 * 3_600);
    const [renewal] = await shop.invoices(id);
    expect(renewal).toMatchObject({
      total: 3_000,
      starting_balance: -3_000,
      ending_balance: 0,
      amount_due: 0,
      amount_paid: 0,
      status: "paid",
    });
    expect((await shop.client.invoicePayments.list({ invoice: renewal?.id ?? "" })).data).toEqual([]);
    expect((await readCustomer(shop, id)).balance).toBe(0);
  });

  test("a credit in the balance of a customer pays a part of the next invoice", async () => {
    const { shop, id } = await subscribed();
    const { customer } = await shop.client.subscriptions.retrieve(id);
    await shop.client.customers.update(String(customer), { balance: -1_000 });
    await shop.controlSubscription(id, { renew: "now" });
    expect((await shop.invoices(id))[0]).toMatchObject({
      total: 3_000,
      amount_paid: 2_000,
      ending_balance: 0,
    });
  });

  test("another interval starts a new period and bills it at once, with the credit of the old one", async () => {
    const { shop, basic, id, item } = await subscribed();
    const yearly = await shop.createPriceOf(30_000, "year");
    await shop.client.subscriptions.update(id, { items: [{ id: item.id, price: yearly }] });
    const [invoice] = await shop.invoices(id);
    expect(invoice?.lines.data.map(showLine)).toEqual([
      { amount: -1_500, item: item.id, price: basic, proration: true },
      { amount: 30_000, item: item.id, price: yearly, proration: false },
    ]);
    expect(invoice).toMatchObject({
      billing_reason: "subscription_update",
      amount_paid: 28_500,
      status: "paid",
    });
    const after = await shop.client.subscriptions.retrieve(id);
    expect(after.billing_cycle_anchor).toBe(firstItem(after).current_period_start);
    expect(after.billing_cycle_anchor).toBe(invoice?.created);
  });

  test("an item that is replaced by one of another interval starts a new period", async () => {
    const { shop, basic, id, item } = await subscribed();
    const yearly = await shop.createPriceOf(30_000, "year");
    const { items, billing_cycle_anchor } = await shop.client.subscriptions.update(id, {
      items: [{ id: item.id, deleted: true }, { price: yearly }],
    });
    expect(items.data).toMatchObject([{ price: { id: yearly }, current_period_start: billing_cycle_anchor }]);
    const [invoice] = await shop.invoices(id);
    expect(invoice?.lines.data.map(showLine)).toEqual([
      { amount: -1_500, item: item.id, price: basic, proration: true },
      { amount: 30_000, item: items.data[0]?.id, price: yearly, proration: false },
    ]);
  });

  test("none bills nothing until the renewal, and what was not billed is not credited later", async () => {
    const { shop, basic, pro, id, item } = await subscribed();
    await shop.client.subscriptions.update(id, {
      items: [{ id: item.id, price: pro }],
      proration_behavior: "none",
    });
    expect(await shop.invoices(id)).toHaveLength(1);
    const added = await shop.client.subscriptions.update(id, {
      items: [{ price: pro }],
      proration_behavior: "none",
    });
    const events = await shop.eventsOf(() =>
      shop.client.subscriptions.update(id, {
        items: [
          { id: item.id, deleted: true },
          { id: added.items.data[1]?.id ?? "", quantity: 1 },
        ],
        proration_behavior: "always_invoice",
      }),
    );
    const credits = events.filter(({ type }) => type === "invoiceitem.created");
    expect(credits.map(({ data }) => data.object)).toMatchObject([
      { amount: -1_500, pricing: { price_details: { price: basic } } },
    ]);
  });

  test("time is credited only once: a pending charge is the debit of the next credit", async () => {
    const { shop, pro, basic, id, item } = await subscribed();
    await shop.client.subscriptions.update(id, { items: [{ id: item.id, price: pro }] });
    // The lines of a later second come first.
    await stripe.advance(5);
    await shop.client.subscriptions.update(id, {
      items: [{ id: item.id, price: basic }],
      proration_behavior: "always_invoice",
    });
    const [invoice] = await shop.invoices(id);
    expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual([-4_500, 1_500, -1_500, 4_500]);
    const [credit, , , charge] = invoice?.lines.data ?? [];
    expect(credit?.parent?.subscription_item_details?.proration_details?.credited_items).toEqual({
      invoice: invoice?.id,
      invoice_line_items: [charge?.id],
    });
  });

  test("quantity 0 is credited, and renews for nothing", async () => {
    const { shop, id, item, month } = await subscribed();
    await shop.client.subscriptions.update(id, { items: [{ id: item.id, quantity: 0 }] });
    await stripe.advance(month / 2 + 2 * 3_600);
    const [renewal] = await shop.invoices(id);
    expect(renewal?.lines.data.map(({ amount, quantity }) => [amount, quantity])).toEqual([
      [-1_500, 1],
      [0, 0],
    ]);
    expect(firstItem(await shop.client.subscriptions.retrieve(id)).quantity).toBe(0);
  });

  test("a trial is not prorated", async () => {
    const shop = stripe.newShop();
    const [basic, pro] = [await shop.createPriceOf(3_000), await shop.createPriceOf(9_000, "year")];
    const { id, items, trial_end } = await shop.subscribe([basic], { trialDays: 14 });
    await shop.client.subscriptions.update(id, { items: [{ id: items.data[0]?.id ?? "", price: pro }] });
    expect(await shop.invoices(id)).toHaveLength(1);
    const after = await shop.client.subscriptions.retrieve(id);
    expect(after.status).toBe("trialing");
    expect(firstItem(after).current_period_end).toBe(trial_end);
  });

  test("the control bills another interval in full, and with credit when it is given a proration", async () => {
    const shop = stripe.newShop();
    const [yearly, monthly] = [await shop.createPriceOf(36_000, "year"), await shop.createPriceOf(3_000)];
    const plain = await shop.subscribe([yearly]);
    await shop.controlSubscription(plain.id, { price: monthly });
    const [full] = await shop.invoices(plain.id);
    expect(full).toMatchObject({ amount_paid: 3_000, lines: { data: [{ amount: 3_000 }] } });
    await shop.controlSubscription(plain.id, { renew: "now" });
    expect((await shop.invoices(plain.id))[0]).toMatchObject({ amount_paid: 3_000 });
    const credited = await shop.subscribe([yearly]);
    await shop.controlSubscription(credited.id, { price: monthly, proration: "create_prorations" });
    const [invoice] = await shop.invoices(credited.id);
    expect(invoice?.lines.data).toHaveLength(2);
    expect(invoice).toMatchObject({ amount_paid: 0, status: "paid" });
  });

  test("an older API version shows a proration as an invoice item with its price", async () => {
    const { shop, basic, pro, id, item } = await subscribed();
    await shop.client.subscriptions.update(id, {
      items: [{ id: item.id, price: pro }],
      proration_behavior: "always_invoice",
    });
    const [invoice, first] = await shop.invoices(id);
    expect(await shop.readOld(`invoices/${invoice?.id}`, "2024-06-20")).toMatchObject({
      subscription: id,
      lines: {
        data: [
          {
            amount: -1_500,
            price: { id: basic, object: "price" },
            proration: true,
            proration_details: { credited_items: { invoice: first?.id } },
            subscription: id,
            subscription_item: item.id,
            type: "invoiceitem",
          },
          { amount: 4_500, price: { id: pro }, proration: true, type: "invoiceitem" },
        ],
      },
    });
  });
});
