import { applyEntry, entryFaults, type SubjectState } from "../../../shared/domain/ledger.ts";
import { chainHash } from "./chain.ts";
import type { Checkpoint } from "./history.ts";
import { idempotencyIndex, readEntry, type StoredEntry } from "./stored-entry.ts";

/** One thing that does not agree, where it is, and at which ledger sequence. */
export interface Fault {
  where: "ledger" | "state" | "d1";
  sequence: number | null;
  message: string;
}

/** After this many faults the picture is clear; the rest would repeat it. */
export const maxFaults = 50;

/** Goes over a ledger from a checkpoint on, entry by entry, and gathers what does not follow from what was before. */
export class LedgerWalk {
  sequence: number;
  entries = 0;
  faults: Fault[] = [];
  /** The hash of the entry at the anchor's sequence; the checkpoint's until the walk is there. */
  hashAtAnchor: string;
  private at: number;
  private hash: string;

  /** `state` is what the ledger added up to at `from`. */
  constructor(
    from: Checkpoint,
    public state: SubjectState,
    private readonly anchorSequence: number,
  ) {
    this.sequence = from.sequence;
    this.at = from.at;
    this.hash = from.hash;
    this.hashAtAnchor = from.hash;
  }

  visit(stored: StoredEntry): void {
    this.entries++;
    const { sequence } = stored;
    for (let missing = this.sequence + 1; missing < sequence && this.faults.length < maxFaults; missing++)
      this.fault(missing, "the entry is missing");
    if (chainHash(this.hash, sequence, stored.at, stored.body) !== stored.hash)
      this.fault(
        sequence,
        "the entry was changed, moved or doubled: its hash does not follow from the one before",
      );
    if (stored.at < this.at) this.fault(sequence, "the entry is earlier than the one before it");
    const entry = this.read(stored);
    if (entry !== null) {
      for (const message of entryFaults(this.state, entry)) this.fault(sequence, message);
      this.state = applyEntry(this.state, entry);
    }
    this.sequence = sequence;
    this.at = stored.at;
    // Goes on with the hash as stored, so that one changed entry is named and not all after it.
    this.hash = stored.hash;
    if (sequence === this.anchorSequence) this.hashAtAnchor = stored.hash;
  }

  private read(stored: StoredEntry) {
    try {
      const entry = readEntry(stored);
      const { idempotency } = entry;
      const expected = idempotency === null ? null : idempotencyIndex(idempotency.endpoint, idempotency.key);
      if (expected !== stored.idempotencyKey)
        this.fault(stored.sequence, "the idempotency index does not belong to the entry");
      return entry;
    } catch {
      this.fault(stored.sequence, "the entry cannot be read");
      return null;
    }
  }

  private fault(sequence: number, message: string): void {
    this.faults.push({ where: "ledger", sequence, message });
  }
}
