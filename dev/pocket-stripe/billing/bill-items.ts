import type { Context } from "../context.ts";
import { changeObject } from "../events.ts";
import { buildInvoice, buildItemLine, type Invoice, type Line } from "./build-invoice.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";
import { capPeriodEnd, followPeriodEnd } from "./cancellation.ts";
import { takePendingLines } from "./invoice-items.ts";
import { saveDraft } from "./invoices.ts";
import { alignedPeriod, type Period, periodEnd } from "./period.ts";

export interface Bill {
  reason: NonNullable<Invoice["billing_reason"]>;
  period: Period;
  /** The items that are billed for their period. */
  items: SubscriptionItem[];
}

/** Creates a draft invoice: the pending prorations, then the billed items, the newest first. */
export function draftInvoice(context: Context, subscription: Subscription, bill: Bill): Invoice {
  const { reason, period } = bill;
  const items = bill.items.toSorted((a, b) => b.created - a.created);
  return saveDraft(
    context,
    buildInvoice(context, {
      customer: context.objects.get("customer", String(subscription.customer)),
      currency: subscription.currency,
      reason,
      period,
      subscription,
      lines: (invoice) => [
        ...takePendingLines(context, invoice, subscription.id),
        ...items.map((item) =>
          scaleLine(
            buildItemLine(context, invoice, item, subscription, false),
            shareOfPeriod(subscription, item),
          ),
        ),
      ],
    }),
  );
}

/** Returns the share of a whole period that an item is billed for: 1, or less when it ends with `cancel_at`. */
function shareOfPeriod(subscription: Subscription, item: SubscriptionItem): number {
  const { current_period_start: start, current_period_end: end } = item;
  const whole = alignedPeriod(subscription.billing_cycle_anchor, start, item.plan);
  return (end - start) / (whole.end - whole.start);
}

function scaleLine(line: Line, share: number): Line {
  const amount = Math.round(line.amount * share);
  return { ...line, amount, subtotal: amount };
}

/**
 * Makes `invoice` the latest one of a subscription, and stops attempts on the former. All differences
 * between `after` and the stored subscription become one update.
 */
export function saveWithInvoice(context: Context, after: Subscription, invoice: Invoice): void {
  const before = context.objects.get("subscription", after.id);
  const former =
    typeof before.latest_invoice === "string"
      ? context.objects.find("invoice", before.latest_invoice)
      : undefined;
  if (former?.status === "open")
    context.objects.save({ ...former, auto_advance: false, next_payment_attempt: null });
  changeObject(context, "customer.subscription.updated", before, {
    ...followPeriodEnd(after),
    latest_invoice: invoice.id,
  });
}

/** Starts a new cycle now. `invoice` bills all items for their new period, and the pending prorations. */
export function restartCycle(
  context: Context,
  subscription: Subscription,
): { subscription: Subscription; invoice: Invoice } {
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: context.now,
    current_period_end: capPeriodEnd(subscription, periodEnd(context.now, context.now, item.plan)),
  }));
  const restarted: Subscription = {
    ...subscription,
    billing_cycle_anchor: context.now,
    items: { ...subscription.items, data },
  };
  const period = { start: context.now, end: context.now };
  const invoice = draftInvoice(context, restarted, { reason: "subscription_update", period, items: data });
  return { subscription: restarted, invoice };
}
