import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import { clearTimer } from "../timers.ts";
import type { Subscription } from "./build-subscription.ts";
import { discardPendingUpdate } from "./pending-update.ts";

/** `null` when a trial ends without a payment method. */
type Reason = "cancellation_requested" | "payment_failed" | null;

/** Cancels a subscription now. Open invoices stay open and are not retried. */
export function cancelSubscription(
  context: Context,
  subscription: Subscription,
  reason: Reason,
): Subscription {
  const canceled: Subscription = {
    ...discardPendingUpdate(context, subscription),
    canceled_at: subscription.canceled_at ?? context.now,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason },
    ended_at: context.now,
    status: "canceled",
  };
  context.objects.save(canceled);
  clearTimer(context, subscription.id);
  emitEvent(context, "customer.subscription.deleted", canceled);
  return canceled;
}
