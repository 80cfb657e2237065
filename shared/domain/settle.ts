import type { Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";
import { LotChanges, type LotUnits } from "./lots.ts";
import { heldUnits, lateSettleMs, type Reservation } from "./reservation.ts";
import { refuse, toChange, type UsageDecision, type UsageRequest } from "./usage-entry.ts";

export interface SettleCommand extends UsageRequest {
  type: "settle";
  reservationId: string;
  units: number;
  /** Draws what exceeds the reservation from usable packs. */
  allowMore: boolean;
  /** Spends a part and leaves the rest held. */
  keepOpen: boolean;
}

/**
 * Spends `units` of a reservation. The lots that expire soonest pay first, and what is not spent returns to its
 * lot. Units that were held when their purchase was refunded, or their lot expired, can still be spent.
 */
export function decideSettle(
  state: SubjectState,
  reservation: Reservation,
  command: SettleCommand,
  now: Moment,
): UsageDecision {
  if (reservation.status === "lapsed") return decideLateSettle(state, reservation, command, now);
  const { units, allowMore, keepOpen } = command;
  const held = heldUnits(reservation);
  const lots = new LotChanges(state.entitlements, now);
  const exceeds = () => refuse({ code: "exceeds_reservation", held, usageRemaining: lots.remaining() });
  if (units > held && !allowMore) return exceeds();
  const kept = spendHeld(lots, reservation, Math.min(units, held), keepOpen);
  if (units > held && lots.draw(units - held, "consumed") === null) return exceeds();
  const released = keepOpen ? 0 : Math.max(0, held - units);
  const settled: Reservation = {
    ...reservation,
    status: keepOpen ? "open" : "settled",
    lots: kept,
    settled: reservation.settled + units,
  };
  const reply = { consumed: units, usageRemaining: lots.remaining(), released };
  return toChange(command, lots, reply, {
    operation: "settle",
    reason: "reservation_settled",
    reservation: settled,
  });
}

/** Spends `spent` units of the reservation's lots. Returns what stays held, and gives back the rest otherwise. */
export function spendHeld(
  lots: LotChanges,
  reservation: Reservation,
  spent: number,
  keepOpen: boolean,
): LotUnits[] {
  const kept: LotUnits[] = [];
  let outstanding = spent;
  for (const lot of lots.inDrawOrder(reservation.lots)) {
    const { entitlementId, units } = lot;
    const paid = Math.min(outstanding, units);
    outstanding -= paid;
    const rest = { ...lot, units: units - paid };
    if (keepOpen) {
      if (paid > 0) lots.release({ entitlementId, units: paid }, paid);
      if (rest.units > 0) kept.push(rest);
    } else {
      lots.release({ entitlementId, units }, paid);
      lots.forfeitIfEnded(rest);
    }
  }
  return kept;
}

/**
 * Settles a reservation that ended by time: from the balance, for a day, also in parts. Otherwise an entry notes the units, so
 * that an operator sees work that was not billed. A later settle of the day can still succeed.
 */
function decideLateSettle(
  state: SubjectState,
  reservation: Reservation,
  command: SettleCommand,
  now: Moment,
): UsageDecision {
  const { units, allowMore, keepOpen } = command;
  const lots = new LotChanges(state.entitlements, now);
  // What was settled before is no part of what can still be settled.
  const held = Math.max(0, reservation.units - reservation.settled);
  if (units > held && !allowMore)
    return refuse({ code: "exceeds_reservation", held, usageRemaining: lots.remaining() });
  const isInTime = now < reservation.expiresAt + lateSettleMs;
  if (isInTime && lots.draw(units, "consumed") !== null) {
    const { unfunded, ...funded } = reservation;
    // Another part of the job can be noted as not billed.
    const isNoted = keepOpen && unfunded !== undefined && unfunded !== units;
    const reply = { consumed: units, usageRemaining: lots.remaining(), released: 0 };
    return toChange(command, lots, reply, {
      operation: "settle",
      reason: "reservation_settled",
      reservation: {
        ...funded,
        status: keepOpen ? "lapsed" : "settled",
        settled: reservation.settled + units,
        ...(isNoted ? { unfunded } : {}),
      },
    });
  }
  const refusal = { code: "reservation_expired" as const, expiredAt: reservation.expiresAt };
  if (units === 0 || reservation.unfunded === units) return refuse(refusal);
  return {
    outcome: "change",
    noted: refusal,
    draft: {
      operation: "unfunded",
      touched: [],
      records: [],
      source: "runtime",
      reason: "usage_unfunded",
      actor: null,
      // A refusal is not remembered: the same request succeeds after a top-up.
      idempotency: null,
      cause: command.cause,
      reservation: { ...reservation, unfunded: units },
    },
  };
}
