import type { Context } from "../context.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import type { Period } from "./period.ts";

export type Subscription = StripeObjects["subscription"];
export type SubscriptionItem = Subscription["items"]["data"][number];

export interface SubscriptionOrder {
  customer: string;
  items: { price: StripeObjects["price"]; quantity: number }[];
  period: Period;
  /** The period is a trial. The first payment is due at its end. */
  trial: boolean;
  metadata: Record<string, string>;
}

export function buildSubscription(context: Context, order: SubscriptionOrder): Subscription {
  const id = newId("sub");
  const { period, trial } = order;
  return {
    id,
    object: "subscription",
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trial ? period.end : period.start,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: "included" }, type: "flexible" },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: "charge_automatically",
    created: context.now,
    currency: order.items[0]?.price.currency ?? "usd",
    customer: order.customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: newId("pm"),
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    items: {
      object: "list",
      data: order.items.map(({ price, quantity }) => buildItem(context, id, price, quantity, period)),
      has_more: false,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    livemode: context.scope.livemode,
    managed_payments: null,
    metadata: order.metadata,
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: "off",
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: context.now,
    status: trial ? "trialing" : "incomplete",
    test_clock: null,
    transfer_data: null,
    trial_end: trial ? period.end : null,
    trial_settings: {
      end_behavior: { billing_cycle_anchor: null, missing_payment_method: "create_invoice" },
    },
    trial_start: trial ? period.start : null,
  };
}

export function buildItem(
  context: Context,
  subscription: string,
  price: StripeObjects["price"],
  quantity: number,
  period: Period,
): SubscriptionItem {
  return {
    id: newId("si", 14),
    object: "subscription_item",
    billing_thresholds: null,
    created: context.now,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: buildPlan(price),
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

/** Builds the legacy plan of a price, which subscription items still contain. */
export function buildPlan(price: StripeObjects["price"]): SubscriptionItem["plan"] {
  return {
    id: price.id,
    object: "plan",
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? "month",
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: "licensed",
  };
}
