/** The denial reasons, the nearest to access first. */
const reasons = [
  "payment_past_due",
  "payment_disputed",
  "payment_refunded",
  "subscription_incomplete",
  "subscription_paused",
  "usage_exhausted",
  "not_started",
  "time_pass_expired",
  "subscription_ended",
  "refunded",
  "revoked",
  "no_entitlement",
] as const;

export type Verdict = "allowed" | (typeof reasons)[number];

const order: readonly Verdict[] = ["allowed", ...reasons];

/** Returns the verdict of one right with several blockers: all have to go, so the farthest is shown. */
export function farthest(blockers: Verdict[]): Verdict {
  return order.findLast((each) => blockers.includes(each)) ?? "allowed";
}

/** Returns the verdict of several rights: one is enough, so the nearest is shown. */
export function nearest(verdicts: Verdict[]): Verdict {
  return order.find((each) => verdicts.includes(each)) ?? "no_entitlement";
}
