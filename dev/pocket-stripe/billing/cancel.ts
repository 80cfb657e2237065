import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import { clearTimer } from "../timers.ts";
import type { Subscription } from "./build-subscription.ts";

type Reason = "cancellation_requested" | "payment_failed";

/** Cancels a subscription now. Open invoices stay open and are not retried. */
export function cancelSubscription(
  context: Context,
  subscription: Subscription,
  reason: Reason,
): Subscription {
  const canceled: Subscription = {
    ...subscription,
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
