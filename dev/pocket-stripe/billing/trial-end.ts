import type { Context } from "../context.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { Subscription } from "./build-subscription.ts";
import { cancelSubscription } from "./cancel.ts";

/** Whether a trial ends now as `trial_settings` says, instead of becoming a paid period. */
export function endsWithoutPaymentMethod({
  status,
  default_payment_method: method,
  trial_settings: settings,
}: Subscription): boolean {
  const behavior = settings?.end_behavior.missing_payment_method ?? "create_invoice";
  return status === "trialing" && method === null && behavior !== "create_invoice";
}

/** Ends a trial that has no payment method: the subscription is canceled or paused, and nothing is billed. */
export function endTrial(context: Context, subscription: Subscription): void {
  if (subscription.trial_settings?.end_behavior.missing_payment_method === "cancel") {
    cancelSubscription(context, subscription, null);
    return;
  }
  const paused = changeObject(context, "customer.subscription.updated", subscription, {
    ...subscription,
    status: "paused",
    status_details: {
      paused: {
        subscription: { type: "trial_end_without_payment_method" },
        transitioned_at: context.now,
        type: "subscription",
      },
    },
  });
  emitEvent(context, "customer.subscription.paused", paused);
}

/** Removes the payment method, and sets what follows when the trial ends without one. */
export function removePaymentMethod(
  context: Context,
  id: string,
  missing: "cancel" | "create_invoice" | "pause",
): void {
  const before = context.objects.get("subscription", id);
  changeObject(context, "customer.subscription.updated", before, {
    ...before,
    default_payment_method: null,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: missing } },
  });
}

/** Adds a payment method to a subscription that has none. */
export function addPaymentMethod(context: Context, id: string): void {
  const before = context.objects.get("subscription", id);
  if (before.default_payment_method !== null) return;
  changeObject(context, "customer.subscription.updated", before, {
    ...before,
    default_payment_method: newId("pm"),
  });
}
