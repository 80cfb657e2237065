import type { IdempotentOperation } from "../../../../shared/contract/enums.ts";
import type { UsageReply } from "../../../../shared/domain/ledger.ts";
import { parseEntry, toIdempotencyIndex } from "./stored-entry.ts";

/** A request that was answered: the parts of its reply, and the sequence and time of its decision. */
export interface AnsweredRequest {
  requestHash: string;
  reply: UsageReply;
  sequence: number;
  at: number;
}

/** The full ledger entry, or the columns of `compact_requests` once the entry is folded. */
type Row = { sequence: number; at: number } & (
  | { body: string }
  | { body: null; requestHash: string; units: number; remaining: number; more: string | null }
);

/**
 * Returns the request that was answered under this key, at any time in the past. One statement reads both
 * tables, because every new consume runs this query and finds nothing.
 */
export function readAnsweredRequest(
  sql: SqlStorage,
  endpoint: IdempotentOperation,
  key: string,
): AnsweredRequest | null {
  const [row] = sql
    .exec<Row & Record<string, SqlStorageValue>>(
      `SELECT sequence, at, body, NULL AS requestHash, NULL AS units, NULL AS remaining, NULL AS more
       FROM ledger WHERE idempotency_key = ?1
       UNION ALL
       SELECT sequence, at, NULL, request_hash, units, remaining, more
       FROM compact_requests WHERE idempotency_key = ?1`,
      toIdempotencyIndex(endpoint, key),
    )
    .toArray();
  if (row === undefined) return null;
  const { sequence, at } = row;
  if (row.body === null) {
    const { requestHash, units, remaining } = row;
    const more = row.more === null ? {} : (JSON.parse(row.more) as Partial<UsageReply>);
    return { requestHash, reply: { consumed: units, usageRemaining: remaining, ...more }, sequence, at };
  }
  const { idempotency } = parseEntry(row);
  if (idempotency === null)
    throw new Error(`entry ${sequence} has an idempotency key but no idempotency record`);
  return { requestHash: idempotency.requestHash, reply: idempotency.reply, sequence, at };
}
