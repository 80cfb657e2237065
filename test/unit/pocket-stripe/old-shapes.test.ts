import { describe, expect, test } from "vitest";
import { type ObjectLinks, toOldShape } from "../../../dev/pocket-stripe/old-api-versions.ts";

const version = "2024-06-20";
const links: ObjectLinks = {
  findPrice: (id) => ({ object: "price", id, unit_amount: 2_900 }),
  findInvoice: (intent) => (intent === "pi_1" ? "in_1" : null),
  findPayment: (invoice) =>
    invoice === "in_1" ? { payment_intent: "pi_1", charge: "ch_1" } : { payment_intent: null, charge: null },
};
const item = { object: "subscription_item", id: "si_1", current_period_start: 1, current_period_end: 2 };
const subscription = { object: "subscription", id: "sub_1", items: { object: "list", data: [item] } };

describe("toOldShape", () => {
  test("toOldShape() moves the period of a subscription from its items to the subscription", () => {
    expect(toOldShape(subscription, version, links)).toEqual({
      object: "subscription",
      id: "sub_1",
      current_period_start: 1,
      current_period_end: 2,
      items: { object: "list", data: [{ object: "subscription_item", id: "si_1" }] },
    });
  });

  test("toOldShape() gives an event the requested version, and its previous attributes the old shape", () => {
    const event = {
      object: "event",
      id: "evt_1",
      api_version: "new",
      data: {
        object: subscription,
        previous_attributes: { items: { data: [{ ...item, current_period_end: 1 }] } },
      },
    };
    expect(toOldShape(event, version, links)).toMatchObject({
      api_version: version,
      data: { object: { current_period_end: 2 }, previous_attributes: { current_period_end: 1 } },
    });
  });

  test("toOldShape() puts subscription and payment on the invoice itself", () => {
    const invoice = {
      object: "invoice",
      id: "in_1",
      status: "paid",
      parent: {
        type: "subscription_details",
        subscription_details: { subscription: "sub_1", metadata: { a: "b" } },
      },
    };
    expect(toOldShape(invoice, version, links)).toEqual({
      object: "invoice",
      id: "in_1",
      status: "paid",
      paid: true,
      subscription: "sub_1",
      subscription_details: { metadata: { a: "b" } },
      payment_intent: "pi_1",
      charge: "ch_1",
    });
  });

  test("toOldShape() names the invoice of a charge or payment intent, or null when there is none", () => {
    const shape = (object: Record<string, string>) => toOldShape(object, version, links);
    expect(shape({ object: "charge", id: "ch_1", payment_intent: "pi_1" })).toMatchObject({
      invoice: "in_1",
    });
    expect(shape({ object: "payment_intent", id: "pi_1" })).toMatchObject({ invoice: "in_1" });
    expect(shape({ object: "payment_intent", id: "pi_2" })).toMatchObject({ invoice: null });
  });

  test("toOldShape() takes the period of a subscription with several intervals from the item that ends first", () => {
    const yearly = { ...item, id: "si_2", current_period_end: 9 };
    const mixed = { ...subscription, items: { object: "list", data: [yearly, item] } };
    expect(toOldShape(mixed, version, links)).toMatchObject({
      current_period_start: 1,
      current_period_end: 2,
    });
  });

  test("toOldShape() puts price, item and proration on the line itself", () => {
    const details = {
      invoice_item: null,
      proration: false,
      proration_details: null,
      subscription: "sub_1",
      subscription_item: "si_1",
    };
    const line = (change: object) => ({
      object: "line_item",
      id: "il_1",
      parent: {
        type: "subscription_item_details",
        invoice_item_details: null,
        subscription_item_details: { ...details, ...change },
      },
      pricing: { type: "price_details", price_details: { price: "price_1", product: "prod_1" } },
    });
    const shared = {
      object: "line_item",
      id: "il_1",
      price: { object: "price", id: "price_1", unit_amount: 2_900 },
      subscription: "sub_1",
      subscription_item: "si_1",
    };
    expect(toOldShape(line({}), version, links)).toEqual({
      ...shared,
      proration: false,
      proration_details: { credited_items: null },
      type: "subscription",
    });
    const credited = { invoice: "in_1", invoice_line_items: ["il_0"] };
    const proration = {
      invoice_item: "ii_1",
      proration: true,
      proration_details: { credited_items: credited },
    };
    expect(toOldShape(line(proration), version, links)).toEqual({
      ...shared,
      invoice_item: "ii_1",
      proration: true,
      proration_details: { credited_items: credited },
      type: "invoiceitem",
    });
  });
});
