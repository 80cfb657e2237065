import type { Moment } from "./entitlement.ts";
import type { EntryDraft, SubjectState } from "./ledger.ts";
import { LotChanges } from "./lots.ts";
import { heldUnits, type Reservation } from "./reservation.ts";
import { spendHeld } from "./settle.ts";
import { refuse, toChange, type UsageDecision, type UsageRequest } from "./usage-entry.ts";

export interface ReleaseCommand extends UsageRequest {
  type: "release";
  reservationId: string;
}

/** Gives back every unit that the reservation holds, and closes it. */
export function decideRelease(
  state: SubjectState,
  reservation: Reservation,
  command: ReleaseCommand,
  now: Moment,
): UsageDecision {
  if (reservation.status === "lapsed")
    return refuse({ code: "reservation_expired", expiredAt: reservation.expiresAt });
  const { lots, released } = releaseHeld(state, reservation, now);
  const reply = { consumed: 0, usageRemaining: lots.remaining(), released: heldUnits(reservation) };
  return toChange(command, lots, reply, {
    operation: "release",
    reason: "reservation_released",
    reservation: released,
  });
}

/** Releases an open reservation for a job that will not settle it; `null` if it is not open. */
export function releaseOpen(
  state: SubjectState,
  reservationId: string,
  now: Moment,
): Pick<EntryDraft, "touched" | "reservation" | "revives"> | null {
  const reservation = state.reservations.get(reservationId);
  if (reservation?.status !== "open") return null;
  const { lots, released } = releaseHeld(state, reservation, now);
  const revives = lots.revives() ? { revives: true as const } : {};
  return { touched: lots.touched(), reservation: released, ...revives };
}

/** Returns the lots with their units back, and the closed reservation. */
function releaseHeld(
  { entitlements }: SubjectState,
  reservation: Reservation,
  now: Moment,
): { lots: LotChanges; released: Reservation } {
  const lots = new LotChanges(entitlements, now);
  spendHeld(lots, reservation, 0, false);
  return { lots, released: { ...reservation, status: "released", lots: [] } };
}
