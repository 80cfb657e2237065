import type { Context } from "../context.ts";
import { changeObject } from "../events.ts";
import { buildInvoice, buildItemLine, type Invoice } from "./build-invoice.ts";
import type { Period, Subscription } from "./build-subscription.ts";
import { cancelSubscription } from "./cancel.ts";
import { collectDue } from "./collect.ts";
import { finalizeInvoice, markUncollectible, saveDraft, voidInvoice } from "./invoices.ts";
import { periodEnd } from "./period.ts";
import { type Due, listMoments, scheduleSubscription } from "./schedule.ts";

/** A renewal's invoice stays a draft for one hour, as with Stripe, so that a shop can add to it. */
const draftForSeconds = 3_600;

/** Processes the earliest due moment of a subscription: a period end, an invoice or a retry. */
export function advanceSubscription(context: Context, id: string): void {
  const [moment] = listMoments(context, id)
    .filter(({ at }) => at <= context.now)
    .sort((a, b) => a.at - b.at);
  if (moment !== undefined) act(context, context.objects.get("subscription", id), moment.due);
  scheduleSubscription(context, id);
}

function act(context: Context, subscription: Subscription, due: Due): void {
  switch (due) {
    case "retry":
      collectDue(context, latestInvoice(context, subscription));
      return;
    case "finalize":
      finalizeDue(context, subscription, latestInvoice(context, subscription));
      return;
    case "resume_collection":
      changeObject(context, "customer.subscription.updated", subscription, {
        ...subscription,
        pause_collection: null,
      });
      return;
    case "period_end":
      if (subscription.cancel_at_period_end)
        cancelSubscription(context, subscription, "cancellation_requested");
      else renew(context, subscription);
      return;
    case "give_up":
      voidInvoice(context, latestInvoice(context, subscription));
      changeObject(context, "customer.subscription.updated", subscription, {
        ...subscription,
        ended_at: context.now,
        status: "incomplete_expired",
      });
      return;
  }
}

/** Starts the next period, paid or not. A trial becomes active. */
function renew(context: Context, subscription: Subscription): void {
  const [first] = subscription.items.data;
  if (first === undefined) throw new Error(`${subscription.id} has no items`);
  const { current_period_start: start, current_period_end: end } = first;
  const status = subscription.status === "trialing" ? "active" : subscription.status;
  const draft = beginPeriod(
    context,
    { ...subscription, status },
    { start: end, end: periodEnd(subscription.billing_cycle_anchor, end, first.plan) },
    { reason: "subscription_cycle", period: { start, end } },
  );
  // No payment is collected for an `unpaid` subscription, or when invoices stay drafts.
  const idle = status === "unpaid" || subscription.pause_collection?.behavior === "keep_as_draft";
  context.objects.save({
    ...draft,
    auto_advance: !idle,
    automatically_finalizes_at: idle ? null : context.now + draftForSeconds,
  });
}

/**
 * Starts a new period for all items of `changed` and creates a draft invoice, the new latest invoice. Stops
 * attempts on the previous invoice.
 *
 * All differences between `changed` and the stored subscription become one update.
 */
export function beginPeriod(
  context: Context,
  changed: Subscription,
  period: Period,
  bill: { reason: NonNullable<Invoice["billing_reason"]>; period: Period },
): Invoice {
  const before = context.objects.get("subscription", changed.id);
  const items = changed.items.data.map((item) => ({
    ...item,
    current_period_start: period.start,
    current_period_end: period.end,
  }));
  const renewed: Subscription = { ...changed, items: { ...changed.items, data: items } };
  const former =
    typeof before.latest_invoice === "string"
      ? context.objects.find("invoice", before.latest_invoice)
      : undefined;
  if (former?.status === "open")
    context.objects.save({ ...former, auto_advance: false, next_payment_attempt: null });
  const draft = saveDraft(
    context,
    buildInvoice(context, {
      customer: context.objects.get("customer", String(changed.customer)),
      currency: changed.currency,
      reason: bill.reason,
      period: bill.period,
      subscription: renewed,
      lines: (invoice) => items.map((item) => buildItemLine(context, invoice, item, renewed, false)),
    }),
  );
  changeObject(context, "customer.subscription.updated", before, { ...renewed, latest_invoice: draft.id });
  return draft;
}

function finalizeDue(context: Context, subscription: Subscription, draft: Invoice): void {
  const invoice = finalizeInvoice(context, draft);
  switch (subscription.pause_collection?.behavior) {
    case "void":
      voidInvoice(context, invoice);
      return;
    case "mark_uncollectible":
      markUncollectible(context, invoice);
      return;
    default:
      collectDue(context, invoice);
  }
}

function latestInvoice(context: Context, subscription: Subscription): Invoice {
  return context.objects.get("invoice", String(subscription.latest_invoice));
}
