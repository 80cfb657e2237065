import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import { redeemCoupons } from "../payments/discounts.ts";
import type { StripeObjects } from "../wire.ts";
import { buildInvoice, buildItemLine, type Invoice } from "./build-invoice.ts";
import { buildSubscription, type Subscription, type SubscriptionOrder } from "./build-subscription.ts";
import { updateStatusFromInvoice } from "./collect.ts";
import { type Attempt, collectInvoice, finalizeInvoice, saveDraft } from "./invoices.ts";
import { periodEnd } from "./period.ts";
import { scheduleSubscription } from "./schedule.ts";

const daySeconds = 86_400;

export interface SubscriptionStart {
  customer: StripeObjects["customer"];
  items: SubscriptionOrder["items"];
  metadata: Record<string, string>;
  trialDays: number | null;
  coupons: StripeObjects["coupon"][];
  /** Outcome of the first invoice. A trial's invoice is 0 and counts as paid. */
  attempt: Attempt;
}

/**
 * Starts a subscription: `incomplete`, then `active` with the first payment, or `trialing`. While a payment
 * is processing, it stays `incomplete`.
 */
export function startSubscription(
  context: Context,
  start: SubscriptionStart,
): { id: string; invoice: string } {
  const { customer, items, metadata, trialDays, attempt } = start;
  const recurring = items[0]?.price.recurring ?? { interval: "month", interval_count: 1 };
  const end =
    trialDays === null
      ? periodEnd(context.now, context.now, recurring)
      : context.now + trialDays * daySeconds;
  const trial = trialDays !== null;
  const order = { customer: customer.id, items, period: { start: context.now, end }, trial, metadata };
  const plain = buildSubscription(context, order);
  const built = { ...plain, discounts: redeemCoupons(context, start.coupons, plain) };
  const draft = saveDraft(context, firstInvoice(context, customer, built, trial));
  const subscription: Subscription = { ...built, latest_invoice: draft.id };
  context.objects.insert(subscription, { created: context.now, notes: { nextPayment: "succeed" } });
  emitEvent(context, "customer.subscription.created", subscription);
  const collected = collectInvoice(context, finalizeInvoice(context, draft), attempt);
  updateStatusFromInvoice(context, collected);
  scheduleSubscription(context, subscription.id);
  return { id: subscription.id, invoice: draft.id };
}

function firstInvoice(
  context: Context,
  customer: StripeObjects["customer"],
  subscription: Subscription,
  trial: boolean,
): Invoice {
  return buildInvoice(context, {
    customer,
    currency: subscription.currency,
    reason: "subscription_create",
    period: { start: context.now, end: context.now },
    subscription,
    lines: (invoice) =>
      subscription.items.data.map((item) => buildItemLine(context, invoice, item, subscription, trial)),
  });
}
