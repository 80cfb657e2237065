import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { restartCycle, saveWithInvoice } from "./bill-items.ts";
import type { Subscription } from "./build-subscription.ts";
import { firstPeriodEnd } from "./cancellation.ts";
import { collectDue } from "./collect.ts";
import { finalizeInvoice } from "./invoices.ts";
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
  if (anchor === "unchanged" && firstPeriodEnd(before.items.data) > context.now) {
    changeObject(context, "customer.subscription.updated", before, resumed);
  } else {
    const { subscription, invoice } = restartCycle(context, resumed);
    saveWithInvoice(context, subscription, invoice);
    collectDue(context, finalizeInvoice(context, invoice));
  }
  emitEvent(context, "customer.subscription.resumed", context.objects.get("subscription", id));
  scheduleSubscription(context, id);
  return context.objects.get("subscription", id);
}
