import type { IdempotentEndpoint } from "../../../shared/contract/words.ts";
import type { EntryDraft, LedgerEntry } from "../../../shared/domain/ledger.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";

/** An entry as it lies in storage: `body` is the JSON of its draft, and the hash covers exactly that text. */
export interface StoredEntry {
  sequence: number;
  at: number;
  hash: string;
  body: string;
  idempotencyKey: string | null;
}

export function readEntry(row: Pick<StoredEntry, "sequence" | "at" | "body">): LedgerEntry {
  return { ...(JSON.parse(row.body) as EntryDraft), sequence: row.sequence, at: row.at };
}

/** The column by which a repeated request is found: scope is the subject (the object) and the endpoint. */
export function idempotencyIndex(endpoint: IdempotentEndpoint, key: string): string {
  return sha256Hex(`${endpoint}\n${key}`);
}
