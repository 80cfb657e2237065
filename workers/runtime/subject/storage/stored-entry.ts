import type { IdempotentOperation } from "../../../../shared/contract/enums.ts";
import type { EntryDraft, LedgerEntry } from "../../../../shared/domain/ledger.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";

/** A row of `ledger`. `body` is the JSON of the entry's draft, and the hash covers exactly that text. */
export interface StoredEntry {
  sequence: number;
  at: number;
  hash: string;
  body: string;
  idempotencyKey: string | null;
}

export function parseEntry(row: Pick<StoredEntry, "sequence" | "at" | "body">): LedgerEntry {
  return { ...(JSON.parse(row.body) as EntryDraft), sequence: row.sequence, at: row.at };
}

/** Returns the hashed idempotency key of a request. Keys are scoped to the subject and the endpoint. */
export function toIdempotencyIndex(endpoint: IdempotentOperation, key: string): string {
  return sha256Hex(`${endpoint}\n${key}`);
}
