import type {
  ReservationChange,
  ReservationView,
} from "../../../../shared/contract/operations/reservation-views.ts";
import {
  heldUnits,
  listOpen,
  type Reservation,
  type Reservations,
} from "../../../../shared/domain/reservation.ts";
import { type SubjectIdentity, subjectName } from "../../../../shared/domain/subject-name.ts";
import { decodeMomentId } from "../../../../shared/kit/moment-id.ts";

/** Lists what operators need to see: what was not billed, then what is held. A page may show the first ones only. */
export function toReservationViews(identity: SubjectIdentity, reservations: Reservations): ReservationView[] {
  const unfunded = [...reservations.values()].filter((each) => each.unfunded !== undefined);
  return [...unfunded, ...listOpen(reservations)].map((each) => toReservationView(identity, each));
}

export function toReservationView(identity: SubjectIdentity, reservation: Reservation): ReservationView {
  const { reservationId, key, status, unfunded, onExpiry, createdAt, expiresAt } = reservation;
  return {
    reservationId,
    key,
    isOpen: status === "open",
    held: heldUnits(reservation),
    unfunded: unfunded ?? null,
    onExpiry,
    createdAt,
    expiresAt,
    sequence: reservedBy(identity, reservationId),
  };
}

/** Returns what an entry did to a reservation, with the entry that reserved, so that the two can be linked. */
export function toReservationChange(
  identity: SubjectIdentity,
  reservation: Reservation | undefined,
): ReservationChange | null {
  if (reservation === undefined) return null;
  const { reservationId, units, expiresAt, unfunded } = reservation;
  const sequence = reservedBy(identity, reservationId);
  return {
    reservationId,
    sequence,
    units,
    held: heldUnits(reservation),
    expiresAt,
    unfunded: unfunded ?? null,
  };
}

/** The id of a reservation contains the sequence of its entry. */
function reservedBy(identity: SubjectIdentity, reservationId: string): number {
  return decodeMomentId("rsv", subjectName(identity), reservationId)?.sequence ?? 0;
}
