import type { CheckFinding } from "../../../../shared/contract/operations/data-check.ts";
import { applyEntry, findEntryErrors, type SubjectState } from "../../../../shared/domain/ledger.ts";
import type { Checkpoint } from "../storage/checkpoint.ts";
import { chainHash } from "../storage/hash-chain.ts";
import { parseEntry, type StoredEntry, toIdempotencyIndex } from "../storage/stored-entry.ts";

/** More findings than this would only repeat the same damage. */
export const maxFindings = 50;

/**
 * Walks a ledger from a checkpoint, entry by entry, and collects each entry that does not follow from the
 * previous.
 */
export class LedgerWalk {
  sequence: number;
  entries = 0;
  findings: CheckFinding[] = [];
  /** The entries of this walk that a later one gave back. */
  readonly reversed = new Set<number>();
  /** The hash of the entry at the anchor's sequence; the checkpoint's hash until the walk reaches it. */
  hashAtAnchor: string;
  private readonly start: number;
  private at: number;
  private hash: string;

  /** `state` is the state of the ledger after `from`. */
  constructor(
    from: Checkpoint,
    public state: SubjectState,
    private readonly anchorSequence: number,
  ) {
    this.sequence = from.sequence;
    this.start = from.sequence;
    this.at = from.at;
    this.hash = from.hash;
    this.hashAtAnchor = from.hash;
  }

  visit(stored: StoredEntry): void {
    this.entries++;
    const { sequence } = stored;
    for (let missing = this.sequence + 1; missing < sequence && this.findings.length < maxFindings; missing++)
      this.report(missing, "the entry is missing");
    if (chainHash(this.hash, sequence, stored.at, stored.body) !== stored.hash)
      this.report(
        sequence,
        "the entry was changed, reordered or duplicated: its hash does not follow from the previous entry",
      );
    if (stored.at < this.at) this.report(sequence, "the entry is earlier than the previous entry");
    const entry = this.read(stored);
    if (entry !== null) {
      for (const message of findEntryErrors(this.state, entry)) this.report(sequence, message);
      if (entry.reverses !== undefined) this.visitReversal(sequence, entry.reverses.sequence);
      this.state = applyEntry(this.state, entry);
    }
    this.sequence = sequence;
    this.at = stored.at;
    // Continues with the stored hash, so that one changed entry is reported and not every entry after it.
    this.hash = stored.hash;
    if (sequence === this.anchorSequence) this.hashAtAnchor = stored.hash;
  }

  /** Entries before the walk's start can't be given back any more, so `reversed` has none of them. */
  private visitReversal(sequence: number, reversed: number): void {
    if (this.reversed.has(reversed)) this.report(sequence, `entry ${reversed} was given back before`);
    if (reversed > this.start) this.reversed.add(reversed);
  }

  private read(stored: StoredEntry) {
    try {
      const entry = parseEntry(stored);
      const { idempotency } = entry;
      const expected =
        idempotency === null ? null : toIdempotencyIndex(idempotency.endpoint, idempotency.key);
      if (expected !== stored.idempotencyKey)
        this.report(stored.sequence, "the idempotency index does not match the entry");
      return entry;
    } catch {
      this.report(stored.sequence, "the entry cannot be parsed");
      return null;
    }
  }

  private report(sequence: number, message: string): void {
    this.findings.push({ where: "ledger", sequence, message });
  }
}
