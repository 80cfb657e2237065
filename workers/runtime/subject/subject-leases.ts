import type { Region } from "../../../shared/contract/enums.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { replicaName } from "../replica/access-replica.ts";
import { HomeLeases } from "../replica/home-leases.ts";
import { type Grant, leaseTerms } from "../replica/lease.ts";
import { readLeaseHolders, saveLeaseHolder } from "./storage/lease-holders.ts";
import type { SubjectStore } from "./storage/store.ts";
import type { SubjectEnv } from "./subject-env.ts";
import { decideUntil } from "./views/current.ts";

/** The leases of a subject's object on its present decision, with its storage and its calls to replicas. */
export class SubjectLeases {
  private readonly leases: HomeLeases;

  constructor(
    { storage: { sql } }: DurableObjectState,
    private readonly store: SubjectStore,
    private readonly env: SubjectEnv,
  ) {
    const host = {
      now: () => Date.now(),
      wait: (ms: number) => scheduler.wait(ms),
      recall: (region: Region, before: number) => this.recall(region, before),
      saveHolder: (region: Region, at: number) => saveLeaseHolder(sql, region, at),
    };
    this.leases = new HomeLeases(host, leaseTerms, readLeaseHolders(sql), store.head().sequence);
  }

  /** Answers a region's replica. An unknown subject gets no lease, because nothing may be stored for it. */
  grant(region: Region, now: number): Grant {
    const state = decideUntil(this.store, now);
    return this.store.isCreated() ? this.leases.grant(region, state) : { ...state, leaseMs: 0 };
  }

  /**
   * Resolves when no replica answers from before the present state. Call after a change without an `await` in between, and
   * before its result leaves. Also before that of a replay: the change may have been written just before a crash.
   */
  settle(now: number): Promise<void> {
    return this.leases.settle(() => decideUntil(this.store, now));
  }

  /** Runs `erase` while no lease is out: what is erased does not know whom to call. */
  async whileClosed(now: number, erase: () => Promise<void>): Promise<void> {
    try {
      await this.leases.close(() => decideUntil(this.store, now));
      await erase();
    } finally {
      this.leases.open({ erased: !this.store.isCreated() });
    }
  }

  private async recall(region: Region, before: number): Promise<void> {
    const identity = this.store.identity();
    // Only an existing subject grants leases, and an erasure takes them back first.
    if (identity === null) return;
    const { ACCESS_REPLICA } = this.env;
    const id = ACCESS_REPLICA.idFromName(replicaName(identity, region));
    await ACCESS_REPLICA.get(id, { locationHint: region }).recall(subjectName(identity), before);
  }
}
