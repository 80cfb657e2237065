import { dayMs, type Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";
import { hasEnded, type SubscriptionRecord } from "./stripe-record.ts";

/** How long after a period's end Stripe may be silent before the subscription is read. */
const maxSilenceMs = 3 * dayMs;
const reviewIntervalMs = dayMs;

/** Returns whether a period ended so long before `now` that Stripe should have reported an update. */
export function isOverdue(periodEnd: Moment | null, now: Moment): boolean {
  return periodEnd !== null && now >= periodEnd + maxSilenceMs;
}

/**
 * A subscription to read from Stripe because its period ended without an update. Until then, its entitlements
 * stay open.
 */
export interface SubscriptionReview {
  subscriptionId: string;
  at: Moment;
}

/** Returns the next review due for any subscription of the subject, or `null`. */
export function findNextReview(state: SubjectState): SubscriptionReview | null {
  let next: SubscriptionReview | null = null;
  for (const record of state.records.values()) {
    const at = record.type === "subscription" ? getReviewTime(record) : null;
    if (at !== null && (next === null || at < next.at)) next = { subscriptionId: record.recordId, at };
  }
  return next;
}

function getReviewTime({ observations }: SubscriptionRecord): Moment | null {
  const latest = observations.at(-1);
  // A paused subscription has no periods that could be overdue. A test clock's pass when a developer moves it.
  if (latest === undefined || hasEnded(latest.status) || latest.status === "paused") return null;
  if (latest.isOnTestClock) return null;
  const ends = latest.items.flatMap(({ currentPeriodEnd }) =>
    currentPeriodEnd === null ? [] : [currentPeriodEnd],
  );
  if (ends.length === 0) return null;
  const overdueAt = Math.min(...ends) + maxSilenceMs;
  return latest.at < overdueAt ? overdueAt : latest.at + reviewIntervalMs;
}
