import { findNextClockMoment } from "./clock-changes.ts";
import { findNextClockEntry } from "./clock-entries.ts";
import type { Moment } from "./entitlement.ts";
import { earliest } from "./expire.ts";
import type { SubjectState } from "./ledger.ts";

/**
 * Returns the first moment after `at` at which time alone can change the decision, or `null`: until then it stays the
 * same as at `at`, unless an entry is written. `state` must contain what time caused by `at` (`applyClock`). May be too early,
 * never too late: also what does not flip the decision ends it.
 */
export function findValidUntil(state: SubjectState, at: Moment): Moment | null {
  // A reservation that lapses can give a pack its only units back.
  return earliest(findNextClockEntry(state), findNextClockMoment(state.entitlements, at));
}
