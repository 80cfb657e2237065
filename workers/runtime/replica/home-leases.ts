import type { Region } from "../../../shared/contract/enums.ts";
import type { Grant, LeaseState, LeaseTerms } from "./lease.ts";
import { LeaseBook } from "./lease-book.ts";

/** What the subject's side of the protocol needs from its platform. */
export interface LeaseHost {
  /** The machine's clock, in milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
  /** Makes the region's replica drop its leases from before the entry. Resolves when it answers from none of them. */
  recall(region: Region, before: number): Promise<void>;
  /** Stores that the region may hold leases. Durable before any message that is sent after it. */
  saveHolder(region: Region, at: number): void;
}

/** A region that was saved by an earlier instance, and when. */
export interface SavedHolder {
  region: Region;
  savedAt: number;
}

/** A recall without an answer is repeated after this time. */
const recallTimeoutMs = 1_000;
const firstPauseMs = 50;
const maxPauseMs = 1_000;

/**
 * The leases of one subject.
 *
 * Guarantee: when `settle` resolves, no replica answers from a lease that disagrees with the state that it was given.
 *
 * - A region is saved before its first lease leaves, so an instance that starts knows whom to call. It does not know what
 *   they answer, and recalls everything.
 * - A region with a recall under way gets no new lease. So a recall ends after one lease at most, and its confirmation
 *   can't be about other leases than those before it.
 */
export class HomeLeases {
  private readonly book: LeaseBook;
  private readonly savedAt = new Map<Region, number>();
  private readonly recalls = new Map<Region, Promise<void>>();
  /** The number of `close` without their `open`. */
  private closed = 0;

  /** `sequence`: the last entry when this instance starts. */
  constructor(
    private readonly host: LeaseHost,
    private readonly terms: LeaseTerms,
    saved: readonly SavedHolder[],
    sequence: number,
  ) {
    this.book = new LeaseBook(terms);
    const now = host.now();
    for (const { region, savedAt } of saved) {
      this.savedAt.set(region, savedAt);
      const { holderRowMs, leaseMs, homeMarginMs } = terms;
      // Twice the margin: another machine's clock wrote it.
      if (savedAt + holderRowMs + leaseMs + 2 * homeMarginMs > now)
        this.book.addUnknown(region, sequence + 1, now);
    }
  }

  /** Answers a replica, with a lease where possible. Call without an `await` after the state was read. */
  grant(region: Region, state: LeaseState): Grant {
    const now = this.host.now();
    if (this.closed > 0 || !this.book.grant(region, state, now)) {
      // No call waits for it, but the region's next question may get a lease.
      void this.release(region);
      return { ...state, leaseMs: 0 };
    }
    const savedAt = this.savedAt.get(region);
    if (savedAt === undefined || now >= savedAt + this.terms.holderRowMs || now < savedAt) {
      this.host.saveHolder(region, now);
      this.savedAt.set(region, now);
    }
    return { ...state, leaseMs: this.terms.leaseMs };
  }

  /**
   * Waits until no replica answers otherwise than the present state: each has given its leases up, or they ran out. Call
   * after a change without an `await` in between, and before it is acknowledged.
   */
  async settle(readState: () => LeaseState): Promise<void> {
    if (this.book.isEmpty()) return;
    await this.releaseAll(this.book.findWrong(readState(), this.host.now()));
  }

  /** Takes all leases back and grants none until `open`. */
  async close(readState: () => LeaseState): Promise<void> {
    this.closed++;
    if (!this.book.isEmpty()) await this.releaseAll(this.book.recallAll(readState(), this.host.now()));
  }

  /** Grants leases again. `erased`: the saved regions are gone. */
  open({ erased }: { erased: boolean }): void {
    this.closed--;
    if (erased) this.savedAt.clear();
  }

  private async releaseAll(regions: readonly Region[]): Promise<void> {
    await Promise.all(regions.map((region) => this.release(region)));
  }

  private release(region: Region): Promise<void> {
    const running = this.recalls.get(region);
    if (running !== undefined) return running;
    const recall = this.recallUntilBack(region).finally(() => this.recalls.delete(region));
    this.recalls.set(region, recall);
    return recall;
  }

  private async recallUntilBack(region: Region): Promise<void> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
      const recall = this.book.findRecall(region, this.host.now());
      if (recall === null) return;
      if (await this.tryRecall(region, recall.before, recall.until)) {
        this.book.confirm(region, recall.before);
        continue;
      }
      await this.waitAtMost(pauseMs, recall.until);
    }
  }

  /** Returns whether the replica confirmed. One that can't be reached, or does not answer, may still answer checks. */
  private tryRecall(region: Region, before: number, until: number): Promise<boolean> {
    const confirmed = this.host.recall(region, before).then(
      () => true,
      () => false,
    );
    return Promise.race([confirmed, this.waitAtMost(recallTimeoutMs, until).then(() => false)]);
  }

  private waitAtMost(ms: number, until: number): Promise<void> {
    return this.host.wait(Math.max(1, Math.min(ms, until - this.host.now())));
  }
}
