import type { Context } from "../context.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import { splitDiscounts } from "./apply-discounts.ts";

export interface SessionOrder {
  mode: "payment" | "subscription";
  items: { price: StripeObjects["price"]; quantity: number }[];
  successUrl: string;
  cancelUrl: string | null;
  clientReferenceId: string | null;
  customer: string | null;
  customerEmail: string | null;
  customerCreation: "always" | "if_required";
  expiresAt: number;
  coupons: StripeObjects["coupon"][];
  promotionCodes: boolean | null;
  /** Pocket Stripe adds no tax. */
  tax: boolean;
  locale: StripeObjects["checkout.session"]["locale"];
  /** A trial comes first, so no payment is due yet. */
  trial: boolean;
  metadata: Record<string, string>;
}

export function buildSession(context: Context, order: SessionOrder): StripeObjects["checkout.session"] {
  const id = newId(`cs_${context.scope.livemode ? "live" : "test"}`, 58);
  const subtotal = order.trial ? 0 : sum(order.items.map(priceOf));
  const discount = order.trial ? 0 : sum(listItemDiscounts(order));
  const amount = subtotal - discount;
  return {
    id,
    object: "checkout.session",
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: order.promotionCodes,
    allowed_payment_method_types: null,
    amount_subtotal: subtotal,
    amount_total: amount,
    automatic_tax: {
      enabled: order.tax,
      liability: order.tax ? { type: "self" } : null,
      provider: null,
      status: order.tax ? "requires_location_inputs" : null,
    },
    billing_address_collection: null,
    cancel_url: order.cancelUrl,
    client_reference_id: order.clientReferenceId,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: context.now,
    currency: order.items[0]?.price.currency ?? null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: order.customer,
    customer_account: null,
    customer_creation: order.customer === null ? order.customerCreation : null,
    customer_details:
      order.customerEmail === null
        ? null
        : {
            address: null,
            business_name: null,
            email: order.customerEmail,
            individual_name: null,
            name: null,
            phone: null,
            tax_exempt: "none",
            tax_ids: null,
          },
    customer_email: order.customerEmail,
    discounts: order.coupons.map(({ id: coupon }) => ({ coupon, promotion_code: null })),
    expires_at: order.expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation:
      order.mode === "payment"
        ? {
            enabled: false,
            invoice_data: {
              account_tax_ids: null,
              custom_fields: null,
              description: null,
              footer: null,
              issuer: null,
              metadata: {},
              rendering_options: null,
            },
          }
        : null,
    livemode: context.scope.livemode,
    locale: order.locale,
    managed_payments: null,
    metadata: order.metadata,
    mode: order.mode,
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: order.mode === "payment" ? "if_required" : "always",
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: "automatic" } },
    payment_method_types: ["card", "sepa_debit"],
    payment_status: amount === 0 ? "no_payment_required" : "unpaid",
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: "open",
    submit_type: null,
    subscription: null,
    success_url: order.successUrl,
    total_details: { amount_discount: discount, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `${context.publicOrigin}/pocket-stripe/pay/${id}`,
    wallet_options: null,
  };
}

/** Builds the line items in the order of the session. */
export function buildLineItems(context: Context, order: SessionOrder): StripeObjects["item"][] {
  const discounts = listItemDiscounts(order);
  return order.items.map((item, index) => buildLineItem(context, item, discounts[index] ?? 0));
}

function buildLineItem(
  context: Context,
  item: SessionOrder["items"][number],
  discount: number,
): StripeObjects["item"] {
  const { price, quantity } = item;
  const amount = priceOf(item);
  const product = context.objects.find("product", String(price.product));
  return {
    id: newId("li"),
    object: "item",
    adjustable_quantity: null,
    amount_discount: discount,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount - discount,
    currency: price.currency,
    description: product?.name ?? null,
    metadata: {},
    price,
    quantity,
  };
}

/** Returns what all coupons together take off each item. */
function listItemDiscounts({ items, coupons }: SessionOrder): number[] {
  const split = splitDiscounts(items.map(priceOf), coupons);
  return items.map((_, index) => sum(split.map((row) => row[index] ?? 0)));
}

function priceOf({ price, quantity }: SessionOrder["items"][number]): number {
  return (price.unit_amount ?? 0) * quantity;
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
