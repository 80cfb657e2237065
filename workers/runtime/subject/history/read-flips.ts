import type { Moment } from "../../../../shared/domain/entitlement.ts";
import { type Flip, findFlips } from "../../../../shared/domain/flips.ts";
import type { LedgerEntry } from "../../../../shared/domain/ledger.ts";
import type { SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";

/** Maximum number of decisive entries read before a page. Reading them takes about 60 ms. */
const maxDecisiveEntries = 5_000;

/** The flips of a page of the ledger, and when the last one before the page's end was. */
export interface PageFlips {
  /** Oldest first. */
  flips: Flip[];
  /** `null` if access never changed since the checkpoint. */
  since: Moment | null;
}

/**
 * Returns the flips from the oldest of `entries`, which are adjacent and oldest first, until `until`. Those
 * by the clock before the oldest entry belong to the next older page, if there is one. Replays the decisive
 * entries since the checkpoint, so most consumes are not read. Returns `null` if there are too many.
 */
export function readPageFlips(store: SubjectStore, entries: LedgerEntry[], until: Moment): PageFlips | null {
  const [first] = entries;
  if (first === undefined) return { flips: [], since: null };
  const checkpoint = store.checkpoint();
  const earlier = store.decisiveEntriesBetween(checkpoint.sequence, first.sequence, maxDecisiveEntries + 1);
  if (earlier.length > maxDecisiveEntries) return null;
  // With the entry before the page, decisive or not, flips between the two pages have an exact sequence.
  const [previous] = first.sequence - 1 > checkpoint.sequence ? store.entriesBefore(first.sequence, 1) : [];
  if (previous !== undefined && earlier.at(-1)?.sequence !== previous.sequence) earlier.push(previous);
  const { entitlements } = store.checkpointState();
  const { sequence, at } = checkpoint;
  const all = findFlips({ entitlements, sequence, at }, [...earlier.map(parseEntry), ...entries], until);
  const isOnPage = (flip: Flip) =>
    previous === undefined ||
    flip.sequence >= first.sequence ||
    (flip.sequence === previous.sequence && flip.cause.type === "clock" && flip.at >= first.at);
  return { flips: all.filter(isOnPage), since: all.at(-1)?.at ?? null };
}
