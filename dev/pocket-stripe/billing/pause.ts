import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { beginPeriod } from "./advance.ts";
import type { Subscription } from "./build-subscription.ts";
import { collectDue } from "./collect.ts";
import { finalizeInvoice } from "./invoices.ts";
import { periodEnd } from "./period.ts";
import { scheduleSubscription } from "./schedule.ts";

/** Sets the status `paused`: no renewals until it is resumed. Unrelated to `pause_collection`. */
export function pauseSubscription(context: Context, id: string): Subscription {
  const before = context.objects.get("subscription", id);
  if (before.status !== "active" && before.status !== "trialing" && before.status !== "past_due") {
    throw invalidRequest(`A subscription that is ${before.status} can't be paused.`);
  }
  const reason = {
    subscription: { type: "pause_requested" },
    transitioned_at: context.now,
    type: "subscription",
  };
  const paused = changeObject(context, "customer.subscription.updated", before, {
    ...before,
    status: "paused",
    status_details: { paused: reason },
  });
  emitEvent(context, "customer.subscription.paused", paused);
  scheduleSubscription(context, id);
  return paused;
}

/**
 * Resumes a paused subscription. `unchanged` continues the current period if it has not ended. Otherwise,
 * and with `now`, a new period starts and is billed at once.
 *
 * The subscription becomes active whether or not the payment succeeds.
 */
export function resumeSubscription(context: Context, id: string, anchor: "now" | "unchanged"): Subscription {
  const before = context.objects.get("subscription", id);
  if (before.status !== "paused")
    throw invalidRequest(`A subscription that is ${before.status} can't be resumed.`);
  const { status_details: _, ...rest } = before;
  const resumed: Subscription = { ...rest, status: "active" };
  const [first] = before.items.data;
  if (first === undefined) throw new Error(`${id} has no items`);
  if (anchor === "unchanged" && first.current_period_end > context.now) {
    changeObject(context, "customer.subscription.updated", before, resumed);
  } else {
    const draft = beginPeriod(
      context,
      { ...resumed, billing_cycle_anchor: context.now },
      { start: context.now, end: periodEnd(context.now, context.now, first.plan) },
      { reason: "subscription_update", period: { start: context.now, end: context.now } },
    );
    collectDue(context, finalizeInvoice(context, draft));
  }
  emitEvent(context, "customer.subscription.resumed", context.objects.get("subscription", id));
  scheduleSubscription(context, id);
  return context.objects.get("subscription", id);
}
