import type { Context } from "../context.ts";
import type { Subscription, SubscriptionItem } from "./build-subscription.ts";

/** When a subscription ends: at a time, with the first or last of its periods, or (`null`) not at all. */
export type CancelAt = number | "min_period_end" | "max_period_end" | null;

/** A scheduled end of a subscription. */
export type Cancellation = Pick<
  Subscription,
  "cancel_at" | "cancel_at_period_end" | "canceled_at" | "cancellation_details"
>;

/** Builds the end at a time. Later changes of the periods do not move it. */
export function cancelAtTime(context: Context, items: SubscriptionItem[], at: CancelAt): Cancellation {
  if (at === null) return build(context, null, false);
  const ends = items.map(({ current_period_end: end }) => end);
  if (at === "min_period_end") return build(context, Math.min(...ends), false);
  return build(context, at === "max_period_end" ? Math.max(...ends) : at, false);
}

export function cancelAtPeriodEnd(context: Context, items: SubscriptionItem[], does: boolean): Cancellation {
  return build(context, does ? firstPeriodEnd(items) : null, does);
}

/** Moves `cancel_at` with the periods: at the period end means the end of the first period that ends. */
export function followPeriodEnd(subscription: Subscription): Subscription {
  if (!subscription.cancel_at_period_end) return subscription;
  return { ...subscription, cancel_at: firstPeriodEnd(subscription.items.data) };
}

/** Returns the end of a period that would end at `end`: the last one is as short as the subscription. */
export function capPeriodEnd(
  { cancel_at: at, cancel_at_period_end: atPeriodEnd }: Subscription,
  end: number,
): number {
  return atPeriodEnd || at === null ? end : Math.min(end, at);
}

export function firstPeriodEnd(items: SubscriptionItem[]): number {
  return Math.min(...items.map(({ current_period_end: end }) => end));
}

function build(context: Context, cancelAt: number | null, atPeriodEnd: boolean): Cancellation {
  return {
    cancel_at: cancelAt,
    cancel_at_period_end: atPeriodEnd,
    canceled_at: cancelAt === null ? null : context.now,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: cancelAt === null ? null : "cancellation_requested",
    },
  };
}
