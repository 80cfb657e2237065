/** Reservations as the portal shows them. Times are in milliseconds since 1970. */

/** A reservation that is open, or that ended and left units unbilled. */
export interface ReservationView {
  reservationId: string;
  /** The idempotency key of the request that reserved. */
  key: string;
  isOpen: boolean;
  /** The units that are held now. */
  held: number;
  /** The units of a settle that came too late and were not billed. */
  unfunded: number | null;
  onExpiry: "release" | "settle";
  createdAt: number;
  expiresAt: number;
  /** The ledger entry that reserved. */
  sequence: number;
}

/** What one ledger entry did to a reservation. */
export interface ReservationChange {
  reservationId: string;
  /** The ledger entry that reserved. */
  sequence: number;
  /** The units reserved at first, and those still held after the entry. */
  units: number;
  held: number;
  expiresAt: number;
  unfunded: number | null;
}
