import { dayMs, type Entitlement, type Moment } from "./entitlement.ts";

/** The order of passes in the queue: time paid, then Stripe's session id (the entitlement id for manual grants). */
function queueOrder(a: Entitlement, b: Entitlement): number {
  if (a.paidAt !== b.paidAt) return a.paidAt - b.paidAt;
  const [left, right] = [a, b].map((pass) => pass.purchase?.checkoutSessionId ?? pass.entitlementId);
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

/**
 * The passes of one product with their windows set anew: sorted by (time paid, session id), each starts when it was
 * paid or when the one before it ends, whichever is later. Canceled passes take no time, so later ones move forward.
 *
 * Computed from all passes at once, so the result does not depend on the order in which they became known.
 */
export function withPassWindows(passes: Iterable<Entitlement>, now: Moment): Entitlement[] {
  let previousEnd = Number.NEGATIVE_INFINITY;
  return [...passes]
    .filter((pass) => pass.status !== "canceled")
    .sort(queueOrder)
    .map((pass) => {
      const startsAt = Math.max(pass.paidAt, previousEnd);
      const expiresAt = startsAt + (pass.durationDays ?? 0) * dayMs;
      previousEnd = expiresAt;
      if (pass.startsAt === startsAt && pass.expiresAt === expiresAt) return pass;
      // A pass that had run out may have time again when its window moved; the expiry alarm looks once more.
      return { ...pass, startsAt, expiresAt, status: "active", updatedAt: now } satisfies Entitlement;
    });
}
