import type { Region } from "../../../shared/contract/enums.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import { HomeLeases, type LeaseHost } from "../../../workers/runtime/replica/home-leases.ts";
import type { Grant, LeaseState, LeaseTerms } from "../../../workers/runtime/replica/lease.ts";
import type { SkewedClock, VirtualTime } from "./virtual-time.ts";

/** What an entry makes of the decision: `value`, and from the moment `flipsAt` on `later`. */
export interface Entry {
  sequence: number;
  at: number;
  value: Decision;
  flipsAt: number | null;
  later: Decision;
  /** Erased: there is no customer, and no lease. */
  isGone: boolean;
}

/** What survives a crash of the object. */
export interface HomeStorage {
  entries: Entry[];
  holders: Map<Region, number>;
}

/** What a broken protocol does. Each must be found by the test. */
export interface Mutation {
  /** Acknowledges a change before leases are back. */
  acknowledgesEarly?: boolean;
  /** A new instance does not call regions that an earlier one granted leases to. */
  forgetsHolders?: boolean;
  /** A replay of a change does not wait. */
  replaysEarly?: boolean;
  /** Leases are granted while some must come back, and a recall is confirmed for them too. */
  terms?: Partial<LeaseTerms>;
  /** A replica takes a grant that was recalled on its way. */
  takesRecalled?: boolean;
  /** A check takes the answer to another check's question. */
  joinsWithoutLease?: boolean;
}

function stateOf(entry: Entry, clock: number): LeaseState {
  const at = Math.max(clock, entry.at);
  const hasFlipped = entry.flipsAt !== null && at >= entry.flipsAt;
  return {
    decision: hasFlipped ? entry.later : entry.value,
    sequence: entry.sequence,
    at,
    validUntil: hasFlipped ? null : entry.flipsAt,
  };
}

/** One instance of the subject's object: the real lease code on a simulated ledger. */
export class SimulatedHome {
  isDead = false;
  private readonly leases: HomeLeases;

  constructor(
    private readonly storage: HomeStorage,
    private readonly clock: SkewedClock,
    time: VirtualTime,
    terms: LeaseTerms,
    private readonly mutation: Mutation,
    recall: LeaseHost["recall"],
  ) {
    const saved = mutation.forgetsHolders
      ? []
      : [...storage.holders].map(([region, savedAt]) => ({ region, savedAt }));
    this.leases = new HomeLeases(
      {
        now: () => this.clock.now(),
        wait: (ms) => time.wait(ms),
        // A dead instance sends nothing.
        recall: (region, before) => (this.isDead ? new Promise(() => {}) : recall(region, before)),
        saveHolder: (region, at) => {
          if (!this.isDead) this.storage.holders.set(region, at);
        },
      },
      terms,
      saved,
      this.last.sequence,
    );
  }

  get last(): Entry {
    return this.storage.entries.at(-1) as Entry;
  }

  readonly read = (): LeaseState => stateOf(this.last, this.clock.now());

  lease(region: Region): Grant {
    const state = this.read();
    return this.last.isGone ? { ...state, leaseMs: 0 } : this.leases.grant(region, state);
  }

  /** Writes an entry and waits until it may be acknowledged. */
  async write(change: Omit<Entry, "sequence" | "at">): Promise<void> {
    const { sequence, at } = this.read();
    this.storage.entries.push({ ...change, sequence: sequence + 1, at });
    if (!this.mutation.acknowledgesEarly) await this.leases.settle(this.read);
  }

  async replay(): Promise<void> {
    if (!this.mutation.acknowledgesEarly && !this.mutation.replaysEarly) await this.leases.settle(this.read);
  }

  async erase(): Promise<void> {
    if (!this.mutation.acknowledgesEarly) await this.leases.close(this.read);
    if (this.isDead) return;
    const value: Decision = { allowed: false, reason: "no_entitlement", entitlementId: null };
    const { sequence, at } = this.read();
    // The sequence stays: the next ledger continues from it. Here it differs, so that reads can be distinguished.
    this.storage.entries.push({
      sequence: sequence + 1,
      at,
      value,
      flipsAt: null,
      later: value,
      isGone: true,
    });
    this.storage.holders.clear();
    this.leases.open({ erased: true });
  }
}
