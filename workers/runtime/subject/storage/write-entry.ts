import type { EntryDraft } from "../../../../shared/domain/ledger.ts";
import { type StoredEntry, toIdempotencyIndex } from "./stored-entry.ts";
import { writeUsageRows } from "./usage-rows.ts";

/** Writes the entry, and what it says of Stripe records, reservations and entries that it gives back. */
export function writeEntry(
  sql: SqlStorage,
  { sequence, at, hash, body }: Omit<StoredEntry, "idempotencyKey">,
  draft: EntryDraft,
): void {
  const { idempotency } = draft;
  sql.exec(
    "INSERT INTO ledger (sequence, at, hash, body, idempotency_key) VALUES (?, ?, ?, ?, ?)",
    sequence,
    at,
    hash,
    body,
    idempotency === null ? null : toIdempotencyIndex(idempotency.endpoint, idempotency.key),
  );
  for (const record of draft.records)
    sql.exec(
      `INSERT INTO stripe_records (record_id, body) VALUES (?, ?)
       ON CONFLICT (record_id) DO UPDATE SET body = excluded.body`,
      record.recordId,
      JSON.stringify(record),
    );
  writeUsageRows(sql, draft);
}
