import type { Moment } from "./entitlement.ts";
import { applyEntry, type EntryDraft, type SubjectState } from "./ledger.ts";
import { LotChanges } from "./lots.ts";
import { heldUnits, isDue, listForgotten, listOpen, type Reservation } from "./reservation.ts";
import { spendHeld } from "./settle.ts";

/** An entry that time alone caused, and when. */
export interface Lapse {
  draft: EntryDraft;
  /** The moment at which the reservation's time ended, or that of the previous entry if it is later. */
  at: Moment;
}

/**
 * Yields the lapses due by `now`, each to be applied before the next: one entry per reservation, in the order of
 * their ends. `headAt` is the time of the last entry.
 *
 * A change writes them before it decides, and a read applies them in memory. So a late alarm never keeps units
 * held, and both see the same balance.
 */
export function* listLapses(state: SubjectState, headAt: Moment, now: Moment): Generator<Lapse> {
  // Most subjects have none, and every check gets here.
  if (state.reservations.size === 0) return;
  let current = state;
  for (const reservation of listOpen(state.reservations)) {
    if (!isDue(reservation, now)) return;
    const at = Math.max(reservation.expiresAt, headAt);
    const draft = buildLapse(current, reservation, at);
    yield { draft, at };
    current = applyEntry(current, draft);
  }
}

/** Returns the state as it is at `now`, with the lapses that no entry records yet. */
export function applyLapses(state: SubjectState, headAt: Moment, now: Moment): SubjectState {
  let current = state;
  for (const { draft } of listLapses(state, headAt, now)) current = applyEntry(current, draft);
  return current;
}

function buildLapse(
  { entitlements, reservations }: SubjectState,
  reservation: Reservation,
  at: Moment,
): EntryDraft {
  const lots = new LotChanges(entitlements, at);
  const isSettled = reservation.onExpiry === "settle";
  const spent = isSettled ? heldUnits(reservation) : 0;
  spendHeld(lots, reservation, spent, false);
  const forgotten = isSettled ? [] : listForgotten(reservations, at);
  return {
    operation: "lapse",
    touched: lots.touched(),
    records: [],
    source: "system",
    reason: isSettled ? "reservation_settled" : "reservation_expired",
    actor: null,
    idempotency: null,
    cause: { type: "clock" },
    reservation: {
      ...reservation,
      status: isSettled ? "settled" : "lapsed",
      lots: [],
      settled: reservation.settled + spent,
    },
    ...(forgotten.length === 0 ? {} : { forgotten }),
    ...(lots.revives() ? { revives: true as const } : {}),
    usageRemaining: lots.remaining(),
  };
}
