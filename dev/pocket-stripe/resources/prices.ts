import type Stripe from "stripe";
import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import { pageFields } from "../object-store.ts";
import {
  applyMetadata,
  boolean,
  clearable,
  type Decoded,
  type Fields,
  group,
  integer,
  list,
  metadata,
  oneOf,
  optional,
  text,
} from "../params.ts";
import { type Route, route } from "../router.ts";
import type { StripeObjects } from "../wire.ts";
import { createdFilter } from "./created-filter.ts";

const createFields = {
  currency: text({ max: 3 }),
  product: text(),
  unit_amount: integer({ min: 0, max: 99_999_999 }),
  recurring: optional(
    group({
      interval: oneOf("day", "week", "month", "year"),
      interval_count: optional(integer({ min: 1, max: 1_095 })),
    } satisfies Fields & Partial<Record<keyof Stripe.PriceCreateParams.Recurring, unknown>>),
  ),
  active: optional(boolean()),
  lookup_key: optional(text({ max: 200 })),
  nickname: optional(text()),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.PriceCreateParams, unknown>>;

const updateFields = {
  active: optional(boolean()),
  nickname: clearable(text()),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.PriceUpdateParams, unknown>>;

const listFields = {
  ...pageFields,
  active: optional(boolean()),
  created: createdFilter,
  currency: optional(text()),
  lookup_keys: optional(list(text(), { max: 10 })),
  product: optional(text()),
  type: optional(oneOf("one_time", "recurring")),
} satisfies Fields & Partial<Record<keyof Stripe.PriceListParams, unknown>>;

export const priceRoutes: Route[] = [
  route("POST", "/v1/prices", "rak_plan", createFields, ({ context, params }) => {
    const price = buildPrice(context, params);
    context.objects.insert(price, { created: context.now });
    emitEvent(context, "price.created", price);
    return price;
  }),

  route("GET", "/v1/prices", "rak_plan", listFields, ({ context, params }) => {
    const { active, currency, product, type, lookup_keys } = params;
    return context.objects.list("price", "/v1/prices", {
      page: params,
      created: params.created,
      fields: { active, currency: currency?.toLowerCase(), product, type, lookup_key: lookup_keys },
    });
  }),

  route("GET", "/v1/prices/:id", "rak_plan", {}, ({ context, id }) => context.objects.get("price", id)),

  route("POST", "/v1/prices/:id", "rak_plan", updateFields, ({ context, id, params }) => {
    const before = context.objects.get("price", id);
    return changeObject(context, "price.updated", before, {
      ...before,
      active: params.active ?? before.active,
      nickname: params.nickname === undefined ? before.nickname : params.nickname,
      metadata: applyMetadata(before.metadata, params.metadata),
    });
  }),
];

function buildPrice(context: Context, params: Decoded<typeof createFields>): StripeObjects["price"] {
  const product = context.objects.get("product", params.product, "product");
  const currency = params.currency.toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) {
    throw invalidRequest(`Invalid currency: ${currency}.`, { param: "currency" });
  }
  return {
    id: newId("price"),
    object: "price",
    active: params.active ?? true,
    billing_scheme: "per_unit",
    created: context.now,
    currency,
    custom_unit_amount: null,
    livemode: context.scope.livemode,
    lookup_key: params.lookup_key ?? null,
    metadata: applyMetadata({}, params.metadata),
    nickname: params.nickname ?? null,
    product: product.id,
    recurring:
      params.recurring === undefined
        ? null
        : {
            interval: params.recurring.interval,
            interval_count: params.recurring.interval_count ?? 1,
            meter: null,
            trial_period_days: null,
            usage_type: "licensed",
          },
    tax_behavior: "unspecified",
    tiers_mode: null,
    transform_quantity: null,
    type: params.recurring === undefined ? "one_time" : "recurring",
    unit_amount: params.unit_amount,
    unit_amount_decimal: String(params.unit_amount),
  };
}
