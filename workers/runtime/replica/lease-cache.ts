import type { Decision } from "../../../shared/domain/decision.ts";
import { answerOf, type Grant, type LeaseState, type LeaseTerms } from "./lease.ts";

/** The clocks of a replica. */
export interface ReplicaClock {
  /** The machine's clock, on which leases run out. */
  now(): number;
  /** The clock of the ledger: the machine's, but in development. */
  time(): number | Promise<number>;
}

/** A decision, as the subject would have made it at `at`. */
export interface ReplicaAnswer {
  decision: Decision;
  sequence: number;
  at: number;
}

interface Lease {
  state: LeaseState;
  /** On the machine's clock, with the margin. */
  until: number;
  /** The number of checks that were answered from it. */
  uses: number;
}

interface Entry {
  lease: Lease | null;
  /** A question to the subject that other checks may wait for. */
  joinable: Promise<unknown> | null;
  /** The number of questions under way. Until there is none, recalls must be known. */
  pending: number;
  /** The number of recalls so far. */
  recalls: number;
  /** A grant from before this entry of the ledger, requested before the last recall, was recalled on its way. */
  floor: number;
}

/** A lease that is used at least this often is renewed before it ends. */
const frequentUses = 20;
/** Longer than the way home and back. */
const renewAheadMs = 800;

/**
 * The leases of a replica, by subject.
 *
 * A check that calls the subject gets its answer, which is not older than the check. Any other check is answered from a
 * lease that is valid at that time, never from an answer to another check: without a lease it could be older than a
 * change that was acknowledged before this check began.
 */
export class LeaseCache {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly clock: ReplicaClock,
    private readonly terms: LeaseTerms,
    private readonly maxSubjects: number,
  ) {}

  /** Answers a check with a state that contains the entry `atLeast`. `request` calls the subject. */
  async check(name: string, atLeast: number, request: () => Promise<Grant>): Promise<ReplicaAnswer> {
    for (let hasJoined = false; ; hasJoined = true) {
      const time = await this.clock.time();
      const entry = this.open(name);
      const lease = this.findValid(entry, time);
      if (lease !== null && lease.state.sequence >= atLeast) {
        lease.uses++;
        const isEnding = lease.until - this.clock.now() < renewAheadMs;
        // A failure is that of the next check that calls.
        if (isEnding && lease.uses >= frequentUses && entry.pending === 0)
          this.request(name, entry, request).catch(() => undefined);
        const { decision, sequence, at } = lease.state;
        return { decision, sequence, at: Math.max(at, time) };
      }
      if (entry.joinable === null || hasJoined) {
        const { decision, sequence, at } = await this.request(name, entry, request);
        return { decision, sequence, at };
      }
      await entry.joinable.catch(() => undefined);
    }
  }

  /** Drops leases from before the entry, also those that are on their way. */
  recall(name: string, before: number): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    entry.recalls++;
    entry.floor = Math.max(entry.floor, before);
    entry.joinable = null;
    if (entry.lease !== null && entry.lease.state.sequence < before) entry.lease = null;
    this.forgetIfUnused(name, entry);
  }

  private async request(name: string, entry: Entry, request: () => Promise<Grant>): Promise<Grant> {
    // Before the subject is called, so that the lease ends no later than it counts.
    const requested = { at: this.clock.now(), recalls: entry.recalls };
    entry.pending++;
    const asking = request().then((grant) => {
      this.accept(entry, grant, requested);
      return grant;
    });
    entry.joinable = asking;
    try {
      return await asking;
    } finally {
      entry.pending--;
      if (entry.joinable === asking) entry.joinable = null;
      this.forgetIfUnused(name, entry);
    }
  }

  private accept(
    entry: Entry,
    { leaseMs, ...state }: Grant,
    requested: { at: number; recalls: number },
  ): void {
    const { lease } = entry;
    if (lease !== null && state.sequence < lease.state.sequence) return;
    // A later state with another answer is known: the lease is about to be recalled.
    if (lease !== null && answerOf(lease.state.decision) !== answerOf(state.decision)) entry.lease = null;
    if (leaseMs === 0 || (requested.recalls !== entry.recalls && state.sequence < entry.floor)) return;
    const until = requested.at + leaseMs - this.terms.replicaMarginMs;
    if (lease !== null && lease.state.sequence === state.sequence && lease.until >= until) return;
    entry.lease = { state, until, uses: 0 };
  }

  private findValid(entry: Entry, time: number): Lease | null {
    const { lease } = entry;
    if (lease === null) return null;
    const { validUntil } = lease.state;
    const isValid =
      this.clock.now() < lease.until &&
      (validUntil === null || time < validUntil - this.terms.validUntilMarginMs);
    if (isValid) return lease;
    entry.lease = null;
    return null;
  }

  private open(name: string): Entry {
    const found = this.entries.get(name);
    if (found !== undefined) return found;
    if (this.entries.size >= this.maxSubjects) this.makeRoom();
    const entry: Entry = { lease: null, joinable: null, pending: 0, recalls: 0, floor: 0 };
    this.entries.set(name, entry);
    return entry;
  }

  /** Drops the oldest lease: that costs one question. An entry with a question under way must know of recalls. */
  private makeRoom(): void {
    for (const [name, { pending }] of this.entries) {
      if (pending > 0) continue;
      this.entries.delete(name);
      return;
    }
  }

  private forgetIfUnused(name: string, entry: Entry): void {
    if (entry.lease === null && entry.pending === 0 && this.entries.get(name) === entry)
      this.entries.delete(name);
  }
}
