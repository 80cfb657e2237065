import type { IdempotentEndpoint } from "../../../shared/contract/words.ts";
import type { IdempotencyRecord } from "../../../shared/domain/ledger.ts";
import { idempotencyIndex, readEntry } from "./stored-entry.ts";

/** An answered request: what its answer is made from, and the place and moment of the decision. */
export interface AnsweredRequest {
  requestHash: string;
  reply: IdempotencyRecord["reply"];
  sequence: number;
  at: number;
}

/** What is known of it: its entry whole, or what was kept of it when the entry was folded away. */
type Row = { sequence: number; at: number } & (
  | { body: string }
  | { body: null; requestHash: string; units: number; remaining: number }
);

/** The request that was answered under this key, however long ago. One statement: every new consume asks in vain. */
export function readAnsweredRequest(
  sql: SqlStorage,
  endpoint: IdempotentEndpoint,
  key: string,
): AnsweredRequest | null {
  const [row] = sql
    .exec<Row & Record<string, SqlStorageValue>>(
      `SELECT sequence, at, body, NULL AS requestHash, NULL AS units, NULL AS remaining
       FROM ledger WHERE idempotency_key = ?1
       UNION ALL
       SELECT sequence, at, NULL, request_hash, units, remaining
       FROM compact_requests WHERE idempotency_key = ?1`,
      idempotencyIndex(endpoint, key),
    )
    .toArray();
  if (row === undefined) return null;
  const { sequence, at } = row;
  if (row.body === null) {
    const { requestHash, units, remaining } = row;
    return { requestHash, reply: { consumed: units, usageRemaining: remaining }, sequence, at };
  }
  const { idempotency } = readEntry(row);
  if (idempotency === null) throw new Error(`entry ${sequence} has no request, but is indexed by one`);
  return { requestHash: idempotency.requestHash, reply: idempotency.reply, sequence, at };
}
