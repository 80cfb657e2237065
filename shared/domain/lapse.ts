import type { Moment } from "./entitlement.ts";
import type { EntryDraft, SubjectState } from "./ledger.ts";
import { LotChanges } from "./lots.ts";
import { heldUnits, type LapsedQueue, type Reservation } from "./reservation.ts";
import { spendHeld } from "./settle.ts";

/** Builds the entry of a reservation when its time has ended. `lapsed` are those that lapsed before. */
export function buildLapse(
  { entitlements }: SubjectState,
  reservation: Reservation,
  at: Moment,
  lapsed: LapsedQueue,
): EntryDraft {
  const lots = new LotChanges(entitlements, at);
  const isSettled = reservation.onExpiry === "settle";
  const spent = isSettled ? heldUnits(reservation) : 0;
  spendHeld(lots, reservation, spent, false);
  const forgotten = isSettled ? [] : lapsed.add(reservation, at);
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
