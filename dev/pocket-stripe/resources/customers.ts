import type Stripe from "stripe";
import { cancelSubscription } from "../billing/cancel.ts";
import { hasEnded } from "../billing/collect.ts";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import { pageFields } from "../object-store.ts";
import { applyMetadata, clearable, type Fields, integer, metadata, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import type { StripeObjects, Wire } from "../wire.ts";
import { createdFilter } from "./created-filter.ts";

const contactFields = {
  email: clearable(text({ max: 512 })),
  name: clearable(text({ max: 256 })),
  phone: clearable(text({ max: 20 })),
  description: clearable(text()),
  metadata: metadata(),
} satisfies Fields &
  Partial<Record<keyof Stripe.CustomerCreateParams & keyof Stripe.CustomerUpdateParams, unknown>>;

/** A negative balance is a credit, which pays later invoices. */
const updateFields = {
  ...contactFields,
  balance: optional(integer()),
} satisfies Fields & Partial<Record<keyof Stripe.CustomerUpdateParams, unknown>>;

const listFields = {
  ...pageFields,
  created: createdFilter,
  email: optional(text({ max: 512 })),
} satisfies Fields & Partial<Record<keyof Stripe.CustomerListParams, unknown>>;

export interface Contact {
  email?: string | null | undefined;
  name?: string | null | undefined;
  phone?: string | null | undefined;
  description?: string | null | undefined;
}

export function createCustomer(
  context: Context,
  contact: Contact,
  metadataValues: Record<string, string> = {},
): StripeObjects["customer"] {
  const id = newId("cus", 14);
  const customer: StripeObjects["customer"] = {
    id,
    object: "customer",
    address: null,
    balance: 0,
    created: context.now,
    currency: null,
    default_source: null,
    delinquent: false,
    description: contact.description ?? null,
    discount: null,
    email: contact.email ?? null,
    invoice_prefix: id.slice(4, 12).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: context.scope.livemode,
    metadata: metadataValues,
    name: contact.name ?? null,
    next_invoice_sequence: 1,
    phone: contact.phone ?? null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: "none",
    test_clock: null,
  };
  context.objects.insert(customer, { created: context.now });
  emitEvent(context, "customer.created", customer);
  return customer;
}

const searchFields = {
  query: text(),
  limit: optional(integer({ min: 1, max: 100 })),
} satisfies Fields & Partial<Record<keyof Stripe.CustomerSearchParams, unknown>>;

export const customerRoutes: Route[] = [
  route("POST", "/v1/customers", "rak_customer", contactFields, ({ context, params }) =>
    createCustomer(context, params, applyMetadata({}, params.metadata)),
  ),

  route("GET", "/v1/customers", "rak_customer", listFields, ({ context, params }) =>
    context.objects.list("customer", "/v1/customers", {
      page: params,
      created: params.created,
      fields: { email: params.email },
    }),
  ),

  // Only the query that Licenzy sends. Stripe's search ignores the case of letters, unlike the filter of its list.
  route("GET", "/v1/customers/search", "rak_customer", searchFields, ({ context, params }) => {
    const [, email] = /^email:"([^"\\]*)"$/.exec(params.query) ?? [];
    if (email === undefined) throw invalidRequest("Pocket Stripe searches customers by email only.");
    const { data } = context.objects.list("customer", "/v1/customers/search");
    const found = data.filter((customer) => customer.email?.toLowerCase() === email.toLowerCase());
    const shown = found.slice(0, params.limit ?? 10);
    return {
      object: "search_result",
      data: shown,
      has_more: found.length > shown.length,
      next_page: null,
      url: "/v1/customers/search",
    };
  }),

  route(
    "GET",
    "/v1/customers/:id",
    "rak_customer",
    {},
    ({ context, id }) => context.objects.tombstone("customer", id) ?? context.objects.get("customer", id),
  ),

  route("POST", "/v1/customers/:id", "rak_customer", updateFields, ({ context, id, params }) => {
    const before = context.objects.get("customer", id);
    const { balance, email, name, phone, description } = params;
    return changeObject(context, "customer.updated", before, {
      ...before,
      ...(balance === undefined ? {} : { balance }),
      ...(email === undefined ? {} : { email }),
      ...(name === undefined ? {} : { name }),
      ...(phone === undefined ? {} : { phone }),
      ...(description === undefined ? {} : { description }),
      metadata: applyMetadata(before.metadata, params.metadata),
    });
  }),

  route("DELETE", "/v1/customers/:id", "rak_customer", {}, ({ context, id }) => {
    const customer = context.objects.get("customer", id);
    const deleted: Wire<Stripe.DeletedCustomer> = { id, object: "customer", deleted: true };
    for (const subscription of context.objects.list("subscription", "", { fields: { customer: id } }).data) {
      if (!hasEnded(subscription)) cancelSubscription(context, subscription, "cancellation_requested");
    }
    context.objects.markDeleted(deleted);
    emitEvent(context, "customer.deleted", customer);
    return deleted;
  }),
];
