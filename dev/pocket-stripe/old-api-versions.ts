import type { Json, JsonObject } from "./wire.ts";

/**
 * API versions before 2025-03-31, which endpoints and calls may be pinned to. For the objects emulated
 * here, they share one shape, which this file derives from the current shape.
 */
export const oldApiVersions = [
  "2022-11-15",
  "2023-10-16",
  "2024-06-20",
  "2024-12-18.acacia",
  "2025-02-24.acacia",
];

/**
 * Resolves what was inside an object and is a separate one today: the payment of an invoice, and the price
 * of a line.
 */
export interface ObjectLinks {
  findPrice(id: string): Json;
  findInvoice(paymentIntentId: string): string | null;
  findPayment(invoiceId: string): { payment_intent: string | null; charge: string | null };
}

/** Returns `value` with all of its objects in the shape of `version`. */
export function toOldShape(value: Json, version: string, links: ObjectLinks): Json {
  if (Array.isArray(value)) return value.map((member) => toOldShape(member, version, links));
  if (!isObject(value)) return value;
  const members = Object.entries(reshape(value, version, links));
  return Object.fromEntries(members.map(([key, member]) => [key, toOldShape(member, version, links)]));
}

function reshape(object: JsonObject, version: string, links: ObjectLinks): JsonObject {
  const id = String(object["id"]);
  switch (object["object"]) {
    case "event":
      return { ...object, api_version: version, data: reshapeEventData(object["data"] ?? null) };
    case "subscription":
      return { ...object, ...periodOf(object) };
    case "subscription_item":
      return without(object, "current_period_start", "current_period_end");
    case "invoice": {
      const details = member(object["parent"], "subscription_details");
      return {
        ...without(object, "parent"),
        ...links.findPayment(id),
        paid: object["status"] === "paid",
        subscription: member(details, "subscription"),
        subscription_details: { metadata: member(details, "metadata") },
      };
    }
    case "line_item": {
      const parent = object["parent"];
      const ofItem = member(parent, "subscription_item_details");
      const details = ofItem ?? member(parent, "invoice_item_details");
      const invoiceItem = member(details, "invoice_item");
      const price = member(member(object["pricing"], "price_details"), "price");
      return {
        ...without(object, "parent", "pricing"),
        ...(invoiceItem === null ? {} : { invoice_item: invoiceItem }),
        price: typeof price === "string" ? links.findPrice(price) : price,
        proration: member(details, "proration") ?? false,
        proration_details: { credited_items: member(member(details, "proration_details"), "credited_items") },
        subscription: member(details, "subscription"),
        ...(ofItem === null ? {} : { subscription_item: member(ofItem, "subscription_item") }),
        type: invoiceItem === null ? "subscription" : "invoiceitem",
      };
    }
    case "charge":
      return { ...object, invoice: links.findInvoice(String(object["payment_intent"])) };
    case "payment_intent":
      return { ...object, invoice: links.findInvoice(id) };
    default:
      return object;
  }
}

/**
 * Returns the period as a member of the subscription: that of the item that ends first. `items` may
 * be missing in `previous_attributes`.
 */
function periodOf(subscription: JsonObject): JsonObject {
  const items = member(subscription["items"], "data");
  const ends = (item: Json) => Number(member(item, "current_period_end"));
  const first = Array.isArray(items) ? (items.toSorted((a, b) => ends(a) - ends(b))[0] ?? null) : null;
  const start = member(first, "current_period_start");
  const end = member(first, "current_period_end");
  return {
    ...(start === null ? {} : { current_period_start: start }),
    ...(end === null ? {} : { current_period_end: end }),
  };
}

/** Reshapes `previous_attributes` too: a renewal's old period end moves from the items to the top. */
function reshapeEventData(data: Json): Json {
  const previous = member(data, "previous_attributes");
  if (!isObject(data) || !isObject(previous) || member(data["object"], "object") !== "subscription")
    return data;
  return { ...data, previous_attributes: { ...previous, ...periodOf(previous) } };
}

function member(value: Json | undefined, key: string): Json {
  return isObject(value) ? (value[key] ?? null) : null;
}

function without(object: JsonObject, ...keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
