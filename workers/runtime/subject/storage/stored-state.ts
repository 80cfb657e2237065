import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import type { SubjectState } from "../../../../shared/domain/ledger.ts";
import type { Reservation } from "../../../../shared/domain/reservation.ts";
import type { StripeRecord } from "../../../../shared/domain/stripe-record.ts";

/** Returns the current state from the tables that are written together with the ledger. */
export function readStoredState(sql: SqlStorage): SubjectState {
  const bodies = (table: "entitlements" | "stripe_records" | "reservations") =>
    sql
      .exec<{ body: string }>(`SELECT body FROM ${table}`)
      .toArray()
      .map(({ body }) => JSON.parse(body) as unknown);
  return toSubjectState(
    bodies("entitlements") as Entitlement[],
    bodies("stripe_records") as StripeRecord[],
    bodies("reservations") as Reservation[],
  );
}

/** Builds a state from its lists. */
export function toSubjectState(
  entitlements: Entitlement[],
  records: StripeRecord[],
  reservations: Reservation[],
): SubjectState {
  return {
    entitlements: new Map(entitlements.map((entitlement) => [entitlement.entitlementId, entitlement])),
    records: new Map(records.map((record) => [record.recordId, record])),
    reservations: new Map(reservations.map((reservation) => [reservation.reservationId, reservation])),
  };
}
