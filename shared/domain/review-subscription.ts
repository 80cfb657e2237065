import { dayMs, type Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";
import { hasEnded, type SubscriptionRecord } from "./stripe-record.ts";

/** How long after a period's end Stripe may be silent before we ask (spec page 2). */
const patienceMs = 3 * dayMs;
const pauseBetweenReviewsMs = dayMs;

/** Whether at `now` a period ended so long ago that Stripe should have said something. */
export function isOverdue(periodEnd: Moment | null, now: Moment): boolean {
  return periodEnd !== null && now >= periodEnd + patienceMs;
}

/** A subscription to read again from Stripe, because its period ended without news. Its right stays open meanwhile. */
export interface Review {
  subscriptionId: string;
  at: Moment;
}

/** The next review that is due for any subscription of the subject, or `null`. */
export function nextReview(state: SubjectState): Review | null {
  let next: Review | null = null;
  for (const record of state.records.values()) {
    const at = record.type === "subscription" ? reviewAt(record) : null;
    if (at !== null && (next === null || at < next.at)) next = { subscriptionId: record.recordId, at };
  }
  return next;
}

function reviewAt({ observations }: SubscriptionRecord): Moment | null {
  const latest = observations.at(-1);
  // A paused subscription has no periods: nothing is overdue.
  if (latest === undefined || hasEnded(latest.status) || latest.status === "paused") return null;
  const ends = latest.items.flatMap(({ currentPeriodEnd }) =>
    currentPeriodEnd === null ? [] : [currentPeriodEnd],
  );
  if (ends.length === 0) return null;
  const overdueAt = Math.min(...ends) + patienceMs;
  return latest.at < overdueAt ? overdueAt : latest.at + pauseBetweenReviewsMs;
}
