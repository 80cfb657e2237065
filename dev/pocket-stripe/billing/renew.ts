import type { Context } from "../context.ts";
import { draftInvoice, saveWithInvoice } from "./bill-items.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";
import { capPeriodEnd, firstPeriodEnd } from "./cancellation.ts";
import { alignedPeriod } from "./period.ts";

/** A renewal's invoice stays a draft for one hour, as with Stripe, so that a shop can add to it. */
const draftForSeconds = 3_600;

/**
 * Starts the next period of the items that end first, paid or not. Items with another interval
 * renew on their own. A trial becomes active.
 */
export function renewSubscription(context: Context, subscription: Subscription): void {
  const { data } = subscription.items;
  const end = firstPeriodEnd(data);
  const due = data.filter((item) => item.current_period_end === end);
  const [first] = due;
  if (first === undefined) throw new Error(`${subscription.id} has no items`);
  const renewed = data.map((item) => (due.includes(item) ? renewItem(subscription, item) : item));
  const status = subscription.status === "trialing" ? "active" : subscription.status;
  const after: Subscription = {
    ...subscription,
    status,
    items: { ...subscription.items, data: renewed },
  };
  const draft = draftInvoice(context, after, {
    reason: "subscription_cycle",
    period: { start: first.current_period_start, end },
    items: renewed.filter((item) => item.current_period_start === end),
  });
  saveWithInvoice(context, after, draft);
  // No payment is collected for an `unpaid` subscription, or when invoices stay drafts.
  const idle = status === "unpaid" || subscription.pause_collection?.behavior === "keep_as_draft";
  context.objects.save({
    ...draft,
    auto_advance: !idle,
    automatically_finalizes_at: idle ? null : context.now + draftForSeconds,
  });
}

function renewItem(subscription: Subscription, item: SubscriptionItem): SubscriptionItem {
  const start = item.current_period_end;
  const { end } = alignedPeriod(subscription.billing_cycle_anchor, start, item.plan);
  return {
    ...item,
    current_period_start: start,
    current_period_end: capPeriodEnd(subscription, end),
  };
}
