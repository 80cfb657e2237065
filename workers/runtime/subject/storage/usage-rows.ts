import type { EntryDraft } from "../../../../shared/domain/ledger.ts";
import { isKept } from "../../../../shared/domain/reservation.ts";

/** Writes the reservation and the reversal of an entry. A consume has neither. */
export function writeUsageRows(sql: SqlStorage, { reservation, forgotten = [], reverses }: EntryDraft): void {
  const forget = (id: string) => sql.exec("DELETE FROM reservations WHERE reservation_id = ?", id);
  if (reservation !== undefined) {
    const { reservationId } = reservation;
    if (isKept(reservation))
      sql.exec(
        `INSERT INTO reservations (reservation_id, body) VALUES (?, ?)
         ON CONFLICT (reservation_id) DO UPDATE SET body = excluded.body`,
        reservationId,
        JSON.stringify(reservation),
      );
    else forget(reservationId);
  }
  for (const id of forgotten) forget(id);
  // The primary key refuses a second one.
  if (reverses !== undefined) sql.exec("INSERT INTO reversed (sequence) VALUES (?)", reverses.sequence);
}

/** Returns whether units of the entry were given back. */
export function isReversed(sql: SqlStorage, sequence: number): boolean {
  return sql.exec("SELECT 1 FROM reversed WHERE sequence = ?", sequence).toArray().length > 0;
}

/** Returns the sequences of the entries that were given back, in order. */
export function readReversed(sql: SqlStorage): number[] {
  return sql
    .exec<{ sequence: number }>("SELECT sequence FROM reversed ORDER BY sequence")
    .toArray()
    .map(({ sequence }) => sequence);
}
