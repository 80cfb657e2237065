import type { Context } from "./context.ts";
import { invalidRequest } from "./errors.ts";
import type { ApiObject, Json, JsonObject, ObjectName } from "./wire.ts";

/** Expandable ids: object type, path in the object, and the type that the id references. */
const references: Record<string, Record<string, ObjectName>> = {
  product: { default_price: "price" },
  price: { product: "product" },
  "checkout.session": {
    customer: "customer",
    invoice: "invoice",
    payment_intent: "payment_intent",
    subscription: "subscription",
  },
  payment_intent: { customer: "customer", latest_charge: "charge" },
  charge: {
    balance_transaction: "balance_transaction",
    customer: "customer",
    payment_intent: "payment_intent",
  },
  refund: {
    balance_transaction: "balance_transaction",
    charge: "charge",
    customer: "customer",
    failure_balance_transaction: "balance_transaction",
    payment_intent: "payment_intent",
  },
  dispute: { charge: "charge", payment_intent: "payment_intent" },
  subscription: { customer: "customer", discounts: "discount", latest_invoice: "invoice" },
  plan: { product: "product" },
  invoice: {
    customer: "customer",
    discounts: "discount",
    "parent.subscription_details.subscription": "subscription",
  },
  discount: { customer: "customer", "source.coupon": "coupon" },
  line_item: { subscription: "subscription", "pricing.price_details.price": "price" },
  invoice_payment: { invoice: "invoice", "payment.payment_intent": "payment_intent" },
};

type Include = (context: Context, id: string) => ApiObject;

const firstPage = { limit: undefined, starting_after: undefined, ending_before: undefined };

/** Members that are omitted unless requested. */
const inclusions: Record<string, Record<string, Include>> = {
  "checkout.session": {
    line_items: ({ objects }, id) =>
      objects.list("item", `/v1/checkout/sessions/${id}/line_items`, { parent: id, page: firstPage }),
  },
  charge: {
    refunds: ({ objects }, id) =>
      objects.list("refund", `/v1/charges/${id}/refunds`, { parent: id, page: firstPage }),
  },
  customer: {
    subscriptions: ({ objects }, id) =>
      objects.list("subscription", `/v1/customers/${id}/subscriptions`, {
        fields: { customer: id },
        page: firstPage,
      }),
  },
  invoice: {
    payments: ({ objects }, id) =>
      objects.list("invoice_payment", "/v1/invoice_payments", { parent: id, page: firstPage }),
  },
};

const maxDepth = 4;

/**
 * Applies `expand[]` to a response. Rejects a path that leads to nothing expandable, as Stripe does.
 * `authorize` throws if the caller may not read objects of a type.
 */
export function expand(
  context: Context,
  answer: ApiObject,
  paths: string[],
  authorize: (type: ObjectName) => void,
): ApiObject {
  const expanded = structuredClone(answer) as unknown as JsonObject;
  for (const path of paths) {
    const segments = path.split(".");
    // Stripe does not count the list itself as a level.
    if (segments.length > maxDepth + (segments[0] === "data" ? 1 : 0)) {
      throw invalidRequest(`You cannot expand more than ${maxDepth} levels of a property: ${path}`, {
        param: "expand",
      });
    }
    new Expansion(context, path, authorize).follow(expanded, expanded, "", segments);
  }
  return expanded as unknown as ApiObject;
}

class Expansion {
  constructor(
    private readonly context: Context,
    private readonly path: string,
    private readonly authorize: (type: ObjectName) => void,
  ) {}

  /** Follows one segment from `node`, which is at the path `within` of the Stripe object `owner`. */
  follow(node: JsonObject, owner: JsonObject, within: string, [field = "", ...rest]: string[]): void {
    const type = String(owner["object"]);
    const fieldPath = within === "" ? field : `${within}.${field}`;
    const value = node[field] ?? null;
    const include = inclusions[type]?.[fieldPath];
    const reference = references[type]?.[fieldPath];
    if (include !== undefined && value === null) {
      node[field] = include(this.context, String(owner["id"])) as unknown as Json;
    } else if (reference !== undefined && typeof value === "string") {
      node[field] = this.load(reference, value);
    } else if (reference !== undefined && Array.isArray(value)) {
      node[field] = value.map((id) => (typeof id === "string" ? this.load(reference, id) : id));
    } else if (
      include === undefined &&
      reference === undefined &&
      (rest.length === 0 || !this.isOnPath(type, fieldPath))
    ) {
      throw invalidRequest(
        `This property cannot be expanded (${field}), or pocket Stripe does not know how: ${this.path}`,
        { param: "expand" },
      );
    }
    if (rest.length === 0) return;
    const next = node[field] ?? null;
    for (const child of Array.isArray(next) ? next : [next]) {
      if (!isObject(child)) continue;
      if (child["object"] === undefined) this.follow(child, owner, fieldPath, rest);
      else this.follow(child, child, "", rest);
    }
  }

  private load(type: ObjectName, id: string): Json {
    this.authorize(type);
    const { objects } = this.context;
    return (objects.tombstone(type, id) ?? objects.get(type, id)) as unknown as Json;
  }

  /**
   * Returns whether a path through list members, subscription items or plain members leads to something
   * expandable.
   */
  private isOnPath(type: string, fieldPath: string): boolean {
    const throughs: Record<string, string[]> = {
      list: ["data"],
      item: ["price"],
      subscription: ["items"],
      subscription_item: ["price", "plan"],
      invoice: ["lines"],
    };
    const known = [...(throughs[type] ?? []), ...Object.keys(references[type] ?? {})];
    return known.some((candidate) => candidate === fieldPath || candidate.startsWith(`${fieldPath}.`));
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
