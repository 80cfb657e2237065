import { dayMs, type Entitlement, type Moment } from "./entitlement.ts";

/** Orders passes by time paid, then by Stripe's session id (by entitlement id for manual grants). */
function compareInQueue(a: Entitlement, b: Entitlement): number {
  if (a.paidAt !== b.paidAt) return a.paidAt - b.paidAt;
  const [left, right] = [a, b].map((pass) => pass.purchase?.checkoutSessionId ?? pass.entitlementId);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

/**
 * Recomputes the windows of one product's passes. In the order of (time paid, session id), each pass starts
 * when it was paid or when the previous one ends, whichever is later. Canceled passes take no time, so later
 * ones move forward.
 *
 * All passes are computed at once, so the result does not depend on the order in which they became known.
 */
export function recomputePassWindows(passes: Iterable<Entitlement>, now: Moment): Entitlement[] {
  let previousEnd = Number.NEGATIVE_INFINITY;
  return [...passes]
    .filter((pass) => pass.status !== "canceled")
    .sort(compareInQueue)
    .map((pass) => {
      const startsAt = Math.max(pass.paidAt, previousEnd);
      const expiresAt = startsAt + (pass.durationDays ?? 0) * dayMs;
      previousEnd = expiresAt;
      if (pass.startsAt === startsAt && pass.expiresAt === expiresAt) return pass;
      // An expired pass may have time again after its window moved. The expiry alarm checks it again.
      return { ...pass, startsAt, expiresAt, status: "active", updatedAt: now } satisfies Entitlement;
    });
}
