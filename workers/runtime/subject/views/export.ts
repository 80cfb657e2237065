import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import type { SubjectState } from "../../../../shared/domain/ledger.ts";
import type { Reservation } from "../../../../shared/domain/reservation.ts";
import type { StripeRecord } from "../../../../shared/domain/stripe-record.ts";
import { type Checkpoint, type CompactRequest, readCompactRequests } from "../storage/checkpoint.ts";
import type { Head } from "../storage/head.ts";
import type { SubjectStore } from "../storage/store.ts";
import type { StoredEntry } from "../storage/stored-entry.ts";

/** A subject state as lists. */
interface ListedState {
  entitlements: Entitlement[];
  records: StripeRecord[];
  reservations: Reservation[];
}

/** The state of a ledger at its head and at its checkpoint, read at one moment. */
export interface ExportedState {
  head: Head;
  state: ListedState;
  checkpoint: Checkpoint & { state: ListedState };
  foldedUsage: { day: number; units: number }[];
}

export function exportState(store: SubjectStore): ExportedState {
  const { head, ...state } = store.state();
  return {
    head,
    state: listed(state),
    checkpoint: { ...store.checkpoint(), state: listed(store.checkpointState()) },
    foldedUsage: store.foldedUsage(),
  };
}

const listed = ({ entitlements, records, reservations }: SubjectState): ListedState => ({
  entitlements: [...entitlements.values()],
  records: [...records.values()],
  reservations: [...reservations.values()],
});

const maxRowsPerPage = 500;
/** Keeps one response well below the 32 MiB limit of an RPC message, because an entry can be long. */
const maxCharactersPerPage = 4_000_000;

/** Returns a page of entries after `after`, or `folded` if some of them were folded into the checkpoint. */
export function exportEntries(
  store: SubjectStore,
  after: number,
): { outcome: "read"; entries: StoredEntry[] } | { outcome: "folded" } {
  if (after < store.checkpoint().sequence) return { outcome: "folded" };
  let characters = 0;
  const entries = store.entriesAfter(after, maxRowsPerPage).filter(({ body }, index) => {
    characters += body.length;
    return index === 0 || characters <= maxCharactersPerPage;
  });
  return { outcome: "read", entries };
}

/** Returns a page of the answered requests of folded entries, ordered by key. */
export function exportRequests(
  storage: DurableObjectStorage,
  store: SubjectStore,
  after: string,
): CompactRequest[] {
  return store.isCreated() ? readCompactRequests(storage.sql, after, maxRowsPerPage) : [];
}
