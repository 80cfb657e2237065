import type { Region } from "../../../shared/contract/enums.ts";
import { answerOf, type LeaseState, type LeaseTerms } from "./lease.ts";

const never = Number.POSITIVE_INFINITY;

/** What a region may still answer from. */
interface Held {
  /** Leases that agree with the state, all with one answer. `validUntil`, `until` and `sequence` are the latest of any. */
  agreeing: { answer: string; validUntil: number; until: number; sequence: number } | null;
  /** Leases that a change made wrong: those from before the entry `before`. Until it is over, the region gets no others. */
  wrong: Recall | null;
}

/** Leases from before the entry `before` that must come back. They run out at `until`, on the machine's clock. */
export interface Recall {
  before: number;
  until: number;
}

/** The leases that a subject has granted, by region. Pure: `now` is the machine's clock, a state's `at` the ledger's. */
export class LeaseBook {
  private readonly regions = new Map<Region, Held>();

  constructor(private readonly terms: LeaseTerms) {}

  /** Whether no lease is out, as far as known. Cheap: every write calls. */
  isEmpty(): boolean {
    return this.regions.size === 0;
  }

  /** Adds leases of which only the region is known: an earlier instance granted them, from entries before `before`. */
  addUnknown(region: Region, before: number, now: number): void {
    this.regions.set(region, { agreeing: null, wrong: { before, until: this.endOf(now) } });
  }

  /** Returns whether the region gets a lease on the state, and notes it. Call before the grant is sent. */
  grant(region: Region, state: LeaseState, now: number): boolean {
    this.compare(state, now);
    const held = this.regions.get(region) ?? { agreeing: null, wrong: null };
    if (held.wrong !== null) return false;
    const validUntil = Math.max(held.agreeing?.validUntil ?? 0, state.validUntil ?? never);
    const until = Math.max(held.agreeing?.until ?? 0, this.endOf(now));
    const { decision, sequence } = state;
    held.agreeing = { answer: answerOf(decision), validUntil, until, sequence };
    this.regions.set(region, held);
    return true;
  }

  /** Returns the regions with leases that the state has made wrong. */
  findWrong(state: LeaseState, now: number): Region[] {
    this.compare(state, now);
    return [...this.regions].flatMap(([region, { wrong }]) => (wrong === null ? [] : [region]));
  }

  /** Makes every lease wrong, whatever it says. Returns their regions. */
  recallAll({ sequence }: LeaseState, now: number): Region[] {
    for (const held of this.regions.values()) {
      // Also leases on the last entry, so the recall names the one after it.
      const until = Math.max(held.wrong?.until ?? now, held.agreeing?.until ?? now);
      held.agreeing = null;
      held.wrong = { before: sequence + 1, until };
    }
    return [...this.regions.keys()];
  }

  /** Returns what the region must give back; `null` when it has, or the leases ran out. */
  findRecall(region: Region, now: number): Recall | null {
    const wrong = this.regions.get(region)?.wrong ?? null;
    if (wrong === null || wrong.until > now) return wrong;
    this.endRecall(region);
    return null;
  }

  /** The region has confirmed that it answers from no lease from before the entry. */
  confirm(region: Region, before: number): void {
    const wrong = this.regions.get(region)?.wrong;
    if (wrong != null && wrong.before <= before) this.endRecall(region);
  }

  /** Moves the leases that disagree with the state to `wrong`, and forgets those that ran out. */
  private compare(state: LeaseState, now: number): void {
    const answer = answerOf(state.decision);
    for (const [region, held] of this.regions) {
      if (held.wrong !== null && held.wrong.until <= now) held.wrong = null;
      const { agreeing } = held;
      // While some must come back, the region gets no others.
      if (agreeing !== null) {
        const endsAt = Math.min(agreeing.validUntil, state.at + agreeing.until - now);
        if (endsAt <= state.at) held.agreeing = null;
        else if (agreeing.answer !== answer || (state.validUntil ?? never) < endsAt) {
          held.agreeing = null;
          held.wrong = { before: agreeing.sequence + 1, until: agreeing.until };
        }
      }
      if (held.agreeing === null && held.wrong === null) this.regions.delete(region);
    }
  }

  /** A region with a recall has no other leases. */
  private endRecall(region: Region): void {
    this.regions.delete(region);
  }

  private endOf(now: number): number {
    return now + this.terms.leaseMs + this.terms.homeMarginMs;
  }
}
