import type { Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";
import { LotChanges } from "./lots.ts";
import { countOpen, maxOpenReservations, type Reservation } from "./reservation.ts";
import { refuse, toChange, type UsageDecision, type UsageRequest } from "./usage-entry.ts";

export interface ReserveCommand extends UsageRequest {
  type: "reserve";
  units: number;
  expiresInMs: number;
  onExpiry: Reservation["onExpiry"];
}

/** Moves `units` from usable packs into a new reservation: all units or none, in the order of a consume. */
export function decideReserve(
  state: SubjectState,
  command: ReserveCommand,
  reservationId: string,
  now: Moment,
): UsageDecision {
  const lots = new LotChanges(state.entitlements, now);
  const held = lots.draw(command.units, "reserved");
  if (held === null) return refuse({ code: "insufficient_usage", usageRemaining: lots.remaining() });
  if (countOpen(state.reservations) >= maxOpenReservations) return refuse({ code: "too_many_reservations" });
  const expiresAt = now + command.expiresInMs;
  const reservation: Reservation = {
    reservationId,
    key: command.idempotency.key,
    status: "open",
    units: command.units,
    lots: held,
    settled: 0,
    onExpiry: command.onExpiry,
    createdAt: now,
    expiresAt,
  };
  const reply = {
    consumed: 0,
    usageRemaining: lots.remaining(),
    reservationId,
    reserved: command.units,
    expiresAt,
  };
  return toChange(command, lots, reply, { operation: "reserve", reason: "usage_reserved", reservation });
}
