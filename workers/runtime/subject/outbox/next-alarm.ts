import { findNextClockEntry } from "../../../../shared/domain/clock-entries.ts";
import { earliest, findNextExpiry } from "../../../../shared/domain/expire.ts";
import type { SubjectStore } from "../storage/store.ts";

/**
 * Returns the next moment at which time alone causes an entry or an expiry, or, after `doneTo`, a signal; `null` if there
 * is none.
 */
export function findNextAlarm(store: SubjectStore, doneTo: number): number | null {
  const state = store.state();
  const entry = earliest(findNextExpiry(state.entitlements), findNextClockEntry(state));
  return earliest(entry, store.signals.findNextMoment(state, doneTo));
}

/** Sets the alarm, which fires on the machine's clock, to a moment of the stack's clock. */
export function setAlarmAt(storage: DurableObjectStorage, moment: number | null, now: number): void {
  if (moment === null) storage.deleteAlarm();
  else storage.setAlarm(Date.now() + Math.max(0, moment - now));
}
