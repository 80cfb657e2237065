import type { Context } from "../context.ts";
import { changeObject, emitEvent } from "../events.ts";
import type { Invoice } from "./build-invoice.ts";
import type { Subscription } from "./build-subscription.ts";
import { firstPeriodEnd, followPeriodEnd } from "./cancellation.ts";
import { voidInvoice } from "./invoices.ts";

/** Stripe keeps an unpaid update for 23 hours, or until the period ends. */
const pendingForSeconds = 23 * 3_600;

/**
 * Keeps the change from `before` to `after` in `pending_update` until `invoice` is paid. Everything else of
 * the subscription continues.
 */
export function keepPendingUpdate(
  context: Context,
  before: Subscription,
  after: Subscription,
  invoice: Invoice,
): void {
  changeObject(context, "customer.subscription.updated", before, {
    ...before,
    latest_invoice: invoice.id,
    pending_update: {
      billing_cycle_anchor:
        after.billing_cycle_anchor === before.billing_cycle_anchor ? null : after.billing_cycle_anchor,
      cancel_at_period_end: null,
      discount: null,
      discounts: null,
      expires_at: Math.min(context.now + pendingForSeconds, firstPeriodEnd(before.items.data)),
      metadata: null,
      subscription_items: after.items.data,
      trial_end: null,
      trial_from_plan: null,
    },
  });
}

/** Applies a pending update after its invoice was paid. */
export function applyPendingUpdate(context: Context, before: Subscription): Subscription {
  const { pending_update: update } = before;
  if (update === null) return before;
  const after = followPeriodEnd({
    ...before,
    billing_cycle_anchor: update.billing_cycle_anchor ?? before.billing_cycle_anchor,
    items: { ...before.items, data: update.subscription_items ?? before.items.data },
    pending_update: null,
  });
  changeObject(context, "customer.subscription.updated", before, after);
  emitEvent(context, "customer.subscription.pending_update_applied", after);
  return after;
}

export function expirePendingUpdate(context: Context, before: Subscription): void {
  const after = discardPendingUpdate(context, before);
  if (after !== before) emitEvent(context, "customer.subscription.pending_update_expired", after);
}

/** Voids the invoice of a pending update and discards the update. */
export function discardPendingUpdate(context: Context, before: Subscription): Subscription {
  if (before.pending_update === null) return before;
  const invoice = context.objects.get("invoice", String(before.latest_invoice));
  if (invoice.status === "open") voidInvoice(context, invoice);
  return changeObject(context, "customer.subscription.updated", before, { ...before, pending_update: null });
}
