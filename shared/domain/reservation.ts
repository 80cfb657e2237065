import { dayMs, type Moment } from "./entitlement.ts";
import { PersistentMap } from "./persistent-map.ts";

/**
 * Units that one job holds until it is settled or released.
 *
 * - `open`: its units left their lots and are held here.
 * - `lapsed`: its time ended, and the units went back. It can still be settled from the balance for a day.
 * - `settled`, `released`: closed. The reservation leaves the state with the entry that closes it.
 */
export interface Reservation {
  reservationId: string;
  /** The idempotency key of the request that reserved. Operators see it. */
  key: string;
  status: "open" | "lapsed" | "settled" | "released";
  /** The units that were reserved. */
  units: number;
  /** The units that are still held, by the lot they came from. */
  lots: { entitlementId: string; units: number; afterClawBack?: true }[];
  /** The units that were settled so far. */
  settled: number;
  /** What happens to the held units when the time ends. */
  onExpiry: "release" | "settle";
  createdAt: Moment;
  expiresAt: Moment;
  /** Units of a settle that came after the time ended and found too little balance. They are not billed. */
  unfunded?: number;
}

export type Reservations = ReadonlyMap<string, Reservation>;

/** Maximum number of open reservations of a subject. */
export const maxOpenReservations = 1_000;
/** How long after its end a lapsed reservation can be settled from the balance. */
export const lateSettleMs = dayMs;
/** Lapsed reservations that are remembered, for operators and for settles that come too late. */
const maxLapsed = 1_000;
const lapsedKeptMs = 30 * dayMs;

/** Returns whether the state keeps the reservation after the entry that has it. */
export function isKept({ status }: Reservation): boolean {
  return status === "open" || status === "lapsed";
}

/** Returns the reservations after an entry. Its own replaces the earlier version; a closed one leaves. */
export function applyReservation(
  before: Reservations,
  { reservation, forgotten = [] }: { reservation?: Reservation; forgotten?: string[] },
): Reservations {
  if (reservation === undefined) return before;
  const changed: [string, Reservation | undefined][] = [
    [reservation.reservationId, isKept(reservation) ? reservation : undefined],
    ...forgotten.map((id): [string, undefined] => [id, undefined]),
  ];
  // A thousand reservations can end at once: copying all others for each would take a second.
  return (before instanceof PersistentMap ? before : new PersistentMap(before)).with(changed);
}

export function heldUnits({ lots }: Pick<Reservation, "lots">): number {
  return lots.reduce((sum, { units }) => sum + units, 0);
}

/** Returns whether the reservation's time has ended. A late alarm does not keep units held. */
export function isDue({ status, expiresAt }: Reservation, now: Moment): boolean {
  return status === "open" && now >= expiresAt;
}

export function countOpen(reservations: Reservations): number {
  let open = 0;
  reservations.forEach(({ status }) => {
    if (status === "open") open++;
  });
  return open;
}

/** Lists the open reservations, the first to expire first. */
export function listOpen(reservations: Reservations): Reservation[] {
  return [...reservations.values()]
    .filter(({ status }) => status === "open")
    .sort((a, b) => a.expiresAt - b.expiresAt || (a.reservationId < b.reservationId ? -1 : 1));
}

/** Returns the units that open reservations hold, by the entitlement they came from. */
export function sumByLot(reservations: Reservations): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { lots } of reservations.values())
    for (const { entitlementId, units } of lots) sums[entitlementId] = (sums[entitlementId] ?? 0) + units;
  return sums;
}

/** Returns the next moment at which an open reservation ends, or `null`. */
export function findNextLapse(reservations: Reservations): Moment | null {
  let next = Number.POSITIVE_INFINITY;
  reservations.forEach(({ status, expiresAt }) => {
    if (status === "open" && expiresAt < next) next = expiresAt;
  });
  return next === Number.POSITIVE_INFINITY ? null : next;
}

/** The lapsed reservations of a state, the first to be forgotten first. Sorted once for all that lapse together. */
export class LapsedQueue {
  private readonly queue: Reservation[];
  private forgotten = 0;

  constructor(reservations: Reservations) {
    this.queue = [...reservations.values()]
      .filter(({ status }) => status === "lapsed")
      .sort((a, b) => a.expiresAt - b.expiresAt);
  }

  /** Adds one that lapses at `now`. Returns the ids to forget with it: old ones, and more than 1,000. */
  add(reservation: Reservation, now: Moment): string[] {
    const ids: string[] = [];
    for (;;) {
      const oldest = this.queue[this.forgotten];
      const isFull = this.queue.length - this.forgotten >= maxLapsed;
      if (oldest === undefined || !(isFull || oldest.expiresAt <= now - lapsedKeptMs)) break;
      ids.push(oldest.reservationId);
      this.forgotten++;
    }
    this.queue.push(reservation);
    return ids;
  }
}
