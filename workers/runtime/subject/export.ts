import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import type { SubjectState } from "../../../shared/domain/ledger.ts";
import type { StripeRecord } from "../../../shared/domain/stripe-record.ts";
import { type Checkpoint, type CompactRequest, readCompactRequests } from "./history.ts";
import type { Head, SubjectStore } from "./store.ts";
import type { StoredEntry } from "./stored-entry.ts";

/** A state as a list of what it consists of. */
interface ListedState {
  entitlements: Entitlement[];
  records: StripeRecord[];
}

/** What a ledger adds up to, at its head and at its checkpoint, as of one moment. */
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

const listed = ({ entitlements, records }: SubjectState): ListedState => ({
  entitlements: [...entitlements.values()],
  records: [...records.values()],
});

const rowsPerPage = 500;
/** About so much in one answer: a message between workers takes 32 MiB, and an entry may be long. */
const charactersPerPage = 4_000_000;

/** A page of entries after `after`, of at most 32 MiB, or `folded` when some of them are in the checkpoint by now. */
export function exportEntries(
  store: SubjectStore,
  after: number,
): { outcome: "read"; entries: StoredEntry[] } | { outcome: "folded" } {
  if (after < store.checkpoint().sequence) return { outcome: "folded" };
  let characters = 0;
  const entries = store.entriesAfter(after, rowsPerPage).filter(({ body }, index) => {
    characters += body.length;
    return index === 0 || characters <= charactersPerPage;
  });
  return { outcome: "read", entries };
}

/** A page of the answered requests of folded entries, in the order of their keys. */
export function exportRequests(
  storage: DurableObjectStorage,
  store: SubjectStore,
  after: string,
): CompactRequest[] {
  return store.isCreated() ? readCompactRequests(storage.sql, after, rowsPerPage) : [];
}
