import type { ClockChange } from "../contract/enums.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { Entitlements } from "./ledger.ts";

/** A moment at which time alone can change whether an entitlement is usable. It is so from `at` on. */
export interface ClockMoment {
  at: Moment;
  change: ClockChange;
  /** Whether it removes a blocker or adds one. */
  effect: "gives" | "takes";
}

/**
 * Lists every moment at which `findBlockers` (availability.ts) gives another result without an entry, in no
 * order. Between two of them the entitlement's availability stays the same.
 */
export function listClockMoments(entitlement: Entitlement): ClockMoment[] {
  const { status, startsAt, expiresAt, graceUntil, coveredUntil, holds } = entitlement;
  const moments: ClockMoment[] = [];
  const add = (at: Moment | null | undefined, change: ClockChange, effect: ClockMoment["effect"]) => {
    if (at != null) moments.push({ at, change, effect });
  };
  if (status === "canceled") return moments;
  add(startsAt, "started", "gives");
  add(expiresAt, "expired", "takes");
  if (status === "past_due") {
    if ((coveredUntil ?? 0) > (graceUntil ?? 0)) add(coveredUntil, "coverage_ended", "takes");
    else add(graceUntil, "grace_ended", "takes");
  }
  for (const { liftedAt, window } of holds) {
    if (liftedAt !== null || window === undefined) continue;
    add(window.from, "hold_began", "takes");
    add(window.until, "hold_ended", "gives");
  }
  return moments;
}

/** Returns the next moment after `after` at which time alone can change the decision, or `null`. */
export function findNextClockMoment(entitlements: Entitlements, after: Moment): Moment | null {
  let next: Moment | null = null;
  for (const entitlement of entitlements.values()) {
    // The units of an allowance never decide about access.
    if (entitlement.includedIn !== undefined) continue;
    for (const { at } of listClockMoments(entitlement))
      if (at > after && (next === null || at < next)) next = at;
  }
  return next;
}
