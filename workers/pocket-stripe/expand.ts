import type { Context } from "./context.ts";
import { invalidRequest } from "./errors.ts";
import type { ApiObject, Json, JsonObject, ObjectName } from "./wire.ts";

/** Where an id may be replaced by its object: object, field → what the id names. */
const references: Record<string, Record<string, ObjectName>> = {
  product: { default_price: "price" },
  price: { product: "product" },
  "checkout.session": { customer: "customer", payment_intent: "payment_intent" },
  payment_intent: { customer: "customer", latest_charge: "charge" },
  charge: { customer: "customer", payment_intent: "payment_intent" },
};

/** What is left out unless asked for. */
const inclusions: Record<string, Record<string, (context: Context, id: string) => ApiObject>> = {
  "checkout.session": {
    line_items: (context, id) =>
      context.objects.list("item", `/v1/checkout/sessions/${id}/line_items`, {
        parent: id,
        page: { limit: undefined, starting_after: undefined, ending_before: undefined },
      }),
  },
};

const deepest = 4;

/** Does `expand[]` on an answer. A path that leads to nothing expandable is refused, as Stripe does. */
export function expand(context: Context, answer: ApiObject, paths: string[]): ApiObject {
  const expanded = structuredClone(answer) as unknown as JsonObject;
  for (const path of paths) {
    const segments = path.split(".");
    if (segments.length > deepest) {
      throw invalidRequest(`You cannot expand more than ${deepest} levels of a property: ${path}`, {
        param: "expand",
      });
    }
    expandPath(context, expanded, segments, path);
  }
  return expanded as unknown as ApiObject;
}

function expandPath(context: Context, node: JsonObject, [field = "", ...rest]: string[], path: string): void {
  const type = String(node["object"]);
  const id = String(node["id"]);
  const value = node[field] ?? null;
  const include = inclusions[type]?.[field];
  const reference = references[type]?.[field];
  if (include !== undefined && value === null) {
    node[field] = include(context, id) as unknown as Json;
  } else if (reference !== undefined && typeof value === "string") {
    const object = context.objects.tombstone(reference, value) ?? context.objects.get(reference, value);
    node[field] = object as unknown as Json;
  } else if (
    include === undefined &&
    reference === undefined &&
    (rest.length === 0 || !isNested(type, value))
  ) {
    throw invalidRequest(
      `This property cannot be expanded (${field}). You may want to try expanding a different property, or it is not known to pocket Stripe: ${path}`,
      { param: "expand" },
    );
  }
  if (rest.length === 0) return;
  const next = node[field] ?? null;
  for (const child of Array.isArray(next) ? next : [next]) {
    if (isObject(child)) expandPath(context, child, rest, path);
  }
}

/** A path may lead through lists and plain members to something expandable. */
function isNested(type: string, value: Json): boolean {
  return type === "list" ? Array.isArray(value) : isObject(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
