import type { Moment } from "./entitlement.ts";
import { earliest } from "./expire.ts";
import { buildLapse } from "./lapse.ts";
import { applyEntry, type Entitlements, type EntryDraft, type SubjectState } from "./ledger.ts";
import { findNextLapse, isDue, LapsedQueue, listOpen } from "./reservation.ts";
import { settleAllowances } from "./settle-allowances.ts";

/** An entry that time alone caused, and when. */
export interface ClockEntry {
  draft: EntryDraft;
  /** The moment that caused it, or that of the previous entry if it is later. */
  at: Moment;
  /** The state after it. Applying the draft again gives the same, at the cost of a second copy of what changed. */
  next: SubjectState;
}

/**
 * Yields the entries that time caused by `now`, each to be applied before the next: reservations that ended, and
 * windows of allowances that began. `headAt` is the time of the last entry.
 *
 * A change writes them before it decides, and a read applies them in memory. So a late alarm neither keeps units held
 * nor withholds an allowance, and both see the same balance. However late the next call, there are no more than the
 * open reservations and the windows that are paid in advance.
 */
export function* listClockEntries(state: SubjectState, headAt: Moment, now: Moment): Generator<ClockEntry> {
  let current = state;
  let at = headAt;
  // Most subjects have neither, and every check gets here.
  const due =
    state.reservations.size === 0 ? [] : listOpen(state.reservations).filter((one) => isDue(one, now));
  const lapsed = new LapsedQueue(due.length === 0 ? new Map() : state.reservations);
  let ended = 0;
  for (;;) {
    const window = findNextWindow(current.entitlements);
    const reservation = due[ended];
    if (reservation !== undefined && (window === null || reservation.expiresAt <= window)) {
      ended++;
      at = Math.max(at, reservation.expiresAt);
      const draft = buildLapse(current, reservation, at, lapsed);
      current = applyEntry(current, draft);
      yield { draft, at, next: current };
    } else if (window !== null && window <= now) {
      at = Math.max(at, window);
      const draft = buildAllowanceEntry(current.entitlements, at);
      current = applyEntry(current, draft);
      yield { draft, at, next: current };
    } else return;
  }
}

/** Returns the state as it is at `now`, with what time caused and no entry records yet. */
export function applyClock(state: SubjectState, headAt: Moment, now: Moment): SubjectState {
  let current = state;
  for (const { next } of listClockEntries(state, headAt, now)) current = next;
  return current;
}

/** Returns the next moment at which `listClockEntries` yields an entry, or `null`. */
export function findNextClockEntry({ entitlements, reservations }: SubjectState): Moment | null {
  return earliest(findNextWindow(entitlements), findNextLapse(reservations));
}

/** Returns whether the entry has the time at which it happened, and may have been written later. */
export function isByClock({ operation, reason }: Pick<EntryDraft, "operation" | "reason">): boolean {
  return operation === "lapse" || (operation === "allowance" && reason === allowanceBegan);
}

const allowanceBegan = "allowance_began";

/** Returns the beginning of the first window without a granted lot, or `null`. */
function findNextWindow(entitlements: Entitlements): Moment | null {
  let next: Moment | null = null;
  for (const { allowance } of entitlements.values()) {
    const window = allowance?.find(({ lotId }) => !entitlements.has(lotId));
    if (window !== undefined) next = earliest(next, window.start);
  }
  return next;
}

function buildAllowanceEntry(entitlements: Entitlements, at: Moment): EntryDraft {
  return {
    operation: "allowance",
    touched: settleAllowances(entitlements, at),
    records: [],
    source: "system",
    reason: allowanceBegan,
    actor: null,
    idempotency: null,
    cause: { type: "clock" },
  };
}
