import type Stripe from "stripe";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import { pageFields } from "../object-store.ts";
import { applyMetadata, boolean, clearable, type Fields, list, metadata, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import type { StripeObjects } from "../wire.ts";
import { createdFilter } from "./created-filter.ts";

const createFields = {
  id: optional(text({ max: 255 })),
  name: text(),
  description: optional(text({ max: 40_000 })),
  active: optional(boolean()),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.ProductCreateParams, unknown>>;

const updateFields = {
  name: optional(text()),
  description: clearable(text({ max: 40_000 })),
  active: optional(boolean()),
  default_price: optional(text()),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.ProductUpdateParams, unknown>>;

const listFields = {
  ...pageFields,
  active: optional(boolean()),
  created: createdFilter,
  ids: optional(list(text())),
} satisfies Fields & Partial<Record<keyof Stripe.ProductListParams, unknown>>;

export const productRoutes: Route[] = [
  route("POST", "/v1/products", "rak_product", createFields, ({ context, params }) => {
    const id = params.id ?? newId("prod", 14);
    if (context.objects.find("product", id) !== undefined) {
      throw invalidRequest(`Product already exists: ${id}`, { code: "resource_already_exists", param: "id" });
    }
    const product: StripeObjects["product"] = {
      id,
      object: "product",
      active: params.active ?? true,
      created: context.now,
      default_price: null,
      description: params.description ?? null,
      images: [],
      livemode: context.scope.livemode,
      marketing_features: [],
      metadata: applyMetadata({}, params.metadata),
      name: params.name,
      package_dimensions: null,
      shippable: null,
      statement_descriptor: null,
      tax_code: null,
      tax_details: null,
      type: "service",
      unit_label: null,
      updated: context.now,
      url: null,
    };
    context.objects.insert(product, { created: context.now });
    emitEvent(context, "product.created", product);
    return product;
  }),

  route("GET", "/v1/products", "rak_product", listFields, ({ context, params }) =>
    context.objects.list("product", "/v1/products", {
      page: params,
      created: params.created,
      fields: { active: params.active, id: params.ids },
    }),
  ),

  route("GET", "/v1/products/:id", "rak_product", {}, ({ context, id }) =>
    context.objects.get("product", id),
  ),

  route("POST", "/v1/products/:id", "rak_product", updateFields, ({ context, id, params }) => {
    const before = context.objects.get("product", id);
    const { default_price: price, description } = params;
    if (price !== undefined) context.objects.get("price", price, "default_price");
    return changeObject(context, "product.updated", before, {
      ...before,
      name: params.name ?? before.name,
      description: description === undefined ? before.description : description,
      active: params.active ?? before.active,
      default_price: price ?? before.default_price ?? null,
      metadata: applyMetadata(before.metadata, params.metadata),
      updated: context.now,
    });
  }),
];
