import { d1 } from "../../../shared/db/deadline.ts";
import { flushSubject, type SubjectCopy } from "../../../shared/db/flush-subject.ts";
import { decideExpire, nextExpiry } from "../../../shared/domain/expire.ts";
import { nextReview } from "../../../shared/domain/review-subscription.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { change } from "./change.ts";
import type { SubjectStore } from "./store.ts";

/**
 * The outbox: brings what the ledger says to D1, from the object's alarm.
 *
 * Guarantees: every entry after `flushed_sequence` reaches D1, at least once; the copy never goes backwards (each row
 * carries the sequence it shows). Assumes: the alarm comes, sooner or later; D1's upserts are idempotent.
 * A crash
 * - before the alarm was armed: impossible, it is in the same commit as the entry;
 * - while flushing: the alarm was armed anew before the work began, and everything unconfirmed is sent again;
 * - after D1 took the rows, before `flushed_sequence` was written: the rows are sent again and change nothing.
 */

/** Consumption is gathered for a while, so that a busy subject costs D1 one write per interval and not one per call. */
const gatherMs = { consume: 1_000, other: 0 };
const entitlementsPerFlush = 200;
const retryMs = (failures: number) => Math.min(60_000, 1_000 * 2 ** failures);

export class Outbox {
  /** When the alarm is armed for a flush, as far as this instance knows. Forgetting it costs one more arming. */
  private armedFor: number | null = null;
  private failures = 0;
  /** Flush and resync both write the subject's rows in D1; they take turns. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ctx: DurableObjectState,
    private readonly store: SubjectStore,
    private readonly db: D1Database,
  ) {}

  /** Call right after a change, with no `await` between: both are then one commit. */
  arm(operation: "consume" | "other"): void {
    const wanted = Date.now() + gatherMs[operation];
    if (this.armedFor !== null && this.armedFor <= wanted) return;
    this.armedFor = wanted;
    // Not awaited: the storage's output gate holds every answer until this write is durable too.
    this.ctx.storage.setAlarm(wanted);
  }

  /** What the alarm does. `now` is the present of the stack's clock; alarms themselves run on the machine's clock. */
  async run(now: number): Promise<void> {
    // First the next alarm, then the work: an alarm that fails six times is deleted by the platform.
    this.armedFor = Date.now() + retryMs(this.failures + 1);
    await this.ctx.storage.setAlarm(this.armedFor);
    this.recordExpiry(now);
    try {
      await this.flush(now);
      this.failures = 0;
    } catch (error) {
      this.failures++;
      log("error", "outbox.flush_failed", { failures: this.failures, error: errorMessage(error) });
      return;
    }
    this.settleAlarm(now);
  }

  /** Sends to D1 what it has not confirmed yet. */
  async flush(now: number): Promise<void> {
    await this.inTurn(async () => {
      for (;;) {
        const copy = this.pendingCopy(now);
        if (copy === null) return;
        await d1(flushSubject(this.db, copy, "newer"));
        this.store.setFlushedSequence(copy.flushedTo);
      }
    });
  }

  /** Makes D1 say again what the object says, whatever it says now: rows are replaced, rows too many go. */
  async resync(now: number): Promise<void> {
    await this.inTurn(async () => {
      if (!this.store.isCreated()) return;
      let sequence = 0;
      let how: "replace" | "newer" = "replace";
      for (;;) {
        const copy = this.copyAfter(sequence, now);
        await d1(flushSubject(this.db, copy, how));
        how = "newer";
        sequence = copy.flushedTo;
        if (sequence >= this.store.head().sequence) break;
      }
      this.store.setFlushedSequence(sequence);
    });
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private recordExpiry(now: number): void {
    const identity = this.store.identity();
    if (identity === null) return;
    change(this.ctx.storage, this.store, identity, now, (state, at) => {
      const draft = decideExpire(state.entitlements, at);
      return draft === null ? { outcome: "unchanged" } : { outcome: "change", draft };
    });
  }

  private pendingCopy(now: number): SubjectCopy | null {
    const flushed = this.store.flushedSequence();
    return flushed >= this.store.head().sequence ? null : this.copyAfter(flushed, now);
  }

  private copyAfter(sequence: number, now: number): SubjectCopy {
    const identity = this.store.identity();
    if (identity === null) throw new Error("a subject without identity has nothing to flush");
    const { head, ...state } = this.store.state();
    const changed = this.store.entitlementsChangedAfter(sequence, entitlementsPerFlush);
    const isLastPage = changed.length < entitlementsPerFlush;
    return {
      identity,
      head,
      nextExpiryAt: nextExpiry(state.entitlements),
      nextReviewAt: nextReview(state)?.at ?? null,
      flushedAt: now,
      entitlements: changed,
      flushedTo: isLastPage ? head.sequence : (changed.at(-1)?.version ?? head.sequence),
    };
  }

  private settleAlarm(now: number): void {
    const { head, entitlements } = this.store.state();
    if (this.store.flushedSequence() < head.sequence) {
      this.armedFor = null;
      this.arm("other");
      return;
    }
    this.armedFor = null;
    const expiry = nextExpiry(entitlements);
    if (expiry === null) this.ctx.storage.deleteAlarm();
    else this.ctx.storage.setAlarm(Date.now() + Math.max(0, expiry - now));
  }
}
