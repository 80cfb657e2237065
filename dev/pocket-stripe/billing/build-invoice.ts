import type { Context } from "../context.ts";
import { newId } from "../ids.ts";
import { applyDiscounts } from "../payments/apply-discounts.ts";
import { readDiscounts } from "../payments/discounts.ts";
import type { StripeObjects } from "../wire.ts";
import { applyBalance } from "./balance.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";
import type { Period } from "./period.ts";

export type Invoice = StripeObjects["invoice"];
export type Line = Invoice["lines"]["data"][number];

export interface InvoiceOrder {
  customer: StripeObjects["customer"];
  currency: string;
  reason: NonNullable<Invoice["billing_reason"]>;
  period: Period;
  /** `null` for a manual invoice. */
  subscription: Subscription | null;
  lines: (invoice: string) => Line[];
}

/** Builds a draft invoice. `finalizeInvoice` makes it due. */
export function buildInvoice(context: Context, order: InvoiceOrder): Invoice {
  const id = newId("in");
  const { customer, subscription } = order;
  const discounts = readDiscounts(context, subscription);
  const discounted = applyDiscounts(order.lines(id), discounts);
  const { lines, subtotal, total } = discounted;
  return {
    id,
    object: "invoice",
    account_country: "US",
    account_name: "Pocket Stripe",
    account_tax_ids: null,
    ...applyBalance(total, customer.balance),
    amount_overpaid: 0,
    amount_paid: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: order.reason,
    collection_method: "charge_automatically",
    created: context.now,
    currency: order.currency,
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    customer_shipping: null,
    customer_tax_exempt: "none",
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: discounts.map((discount) => discount.id),
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: { object: "list", data: lines, has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: context.scope.livemode,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent:
      subscription === null
        ? null
        : {
            quote_details: null,
            subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
            type: "subscription_details",
          },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: order.period.end,
    period_start: order.period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal,
    subtotal_excluding_tax: subtotal,
    test_clock: null,
    total,
    total_discount_amounts: discounted.total_discount_amounts,
    total_excluding_tax: total,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: context.now,
  };
}

/** Builds the line of a subscription item. A `free` line is for a trial and costs 0. */
export function buildItemLine(
  context: Context,
  invoice: string,
  item: SubscriptionItem,
  subscription: Subscription,
  free: boolean,
): Line {
  const { price } = item;
  const quantity = item.quantity ?? 1;
  const product = String(price.product);
  return buildLine(context, invoice, {
    amount: free ? 0 : (price.unit_amount ?? 0) * quantity,
    currency: price.currency,
    description: `${quantity} × ${context.objects.find("product", product)?.name ?? product}`,
    metadata: subscription.metadata,
    period: { start: item.current_period_start, end: item.current_period_end },
    quantity,
    subscription: subscription.id,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: null,
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: "subscription_item_details",
    },
    pricing: {
      price_details: { price: price.id, product },
      type: "price_details",
      unit_amount_decimal: free ? "0" : price.unit_amount_decimal,
    },
  });
}

export function buildManualLine(context: Context, invoice: string, amount: number, currency: string): Line {
  return buildLine(context, invoice, {
    amount,
    currency,
    description: "One-off",
    metadata: {},
    period: { start: context.now, end: context.now },
    quantity: 1,
    subscription: null,
    parent: {
      invoice_item_details: {
        invoice_item: newId("ii"),
        proration: false,
        proration_details: { credited_items: null },
        subscription: null,
      },
      subscription_item_details: null,
      type: "invoice_item_details",
    },
    pricing: null,
  });
}

type LineParts = Pick<
  Line,
  | "amount"
  | "currency"
  | "description"
  | "metadata"
  | "period"
  | "quantity"
  | "subscription"
  | "parent"
  | "pricing"
>;

export function buildLine(context: Context, invoice: string, parts: LineParts): Line {
  return {
    id: newId("il"),
    object: "line_item",
    ...parts,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice,
    livemode: context.scope.livemode,
    pretax_credit_amounts: [],
    quantity_decimal: String(parts.quantity),
    subtotal: parts.amount,
    taxes: [],
  };
}
