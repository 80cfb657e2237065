import { dayMs, type Moment } from "./entitlement.ts";

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

export function heldUnits({ lots }: Pick<Reservation, "lots">): number {
  return lots.reduce((sum, { units }) => sum + units, 0);
}

/** Returns whether the reservation's time has ended. A late alarm does not keep units held. */
export function isDue({ status, expiresAt }: Reservation, now: Moment): boolean {
  return status === "open" && now >= expiresAt;
}

export function countOpen(reservations: Reservations): number {
  let open = 0;
  for (const { status } of reservations.values()) if (status === "open") open++;
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
  let next: Moment | null = null;
  for (const { status, expiresAt } of reservations.values())
    if (status === "open" && (next === null || expiresAt < next)) next = expiresAt;
  return next;
}

/** Lists the lapsed reservations to forget when another one lapses at `now`: old ones, and more than 1,000. */
export function listForgotten(reservations: Reservations, now: Moment): string[] {
  const lapsed = [...reservations.values()]
    .filter(({ status }) => status === "lapsed")
    .sort((a, b) => b.expiresAt - a.expiresAt);
  return lapsed
    .filter(({ expiresAt }, index) => index >= maxLapsed - 1 || expiresAt <= now - lapsedKeptMs)
    .map(({ reservationId }) => reservationId);
}
