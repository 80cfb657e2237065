import { bringAuditToLog } from "../../../../shared/db/audit-outbox.ts";
import { type DatabasesEnv, dataOf } from "../../../../shared/db/databases.ts";
import type { DeliveryMessage } from "../../../../shared/db/outbound-events.ts";
import { findNextClockEntry } from "../../../../shared/domain/clock-entries.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../../shared/kit/log.ts";
import { type MetricsEnv, writeMetric } from "../../../../shared/kit/metrics.ts";
import { flushSubject, registerSubject, type SubjectCopy } from "../../db/flush-subject.ts";
import type { UsageCommand } from "../apply-usage.ts";
import { eraseSubject } from "../erase-subject.ts";
import { writeState } from "../ledger/change-subject.ts";
import { deleteAudits, readAudits } from "../storage/audit-entries.ts";
import { deleteEvents } from "../storage/outbound-events.ts";
import type { SubjectStore } from "../storage/store.ts";
import type { Erasure } from "../storage/tombstone.ts";
import { buildD1Copy } from "./build-d1-copy.ts";
import { alarmLostAfterMs, flushDelayMs, retryDelayMs } from "./delays.ts";
import { logFlush } from "./log-flush.ts";
import { findNextAlarm, setAlarmAt } from "./next-alarm.ts";
import { recordTime } from "./record-time.ts";
import { reportFlushFailure } from "./report-flush-failure.ts";
import { enqueueDeliveries, sendAllButLastBatch, sendClockSignals, sendUsageEvents } from "./send-events.ts";
import { addUpSpentUnits } from "./spent-units.ts";

/**
 * The outbox copies the ledger to D1 from the object's alarm, together with the outbound events of its
 * entries. Then it enqueues the new deliveries.
 *
 * Guarantees:
 * - Every entry after `flushed_sequence` reaches D1 at least once, with its events in the same transaction or
 *   earlier.
 * - The D1 copy never moves backwards, because each row carries the sequence it shows.
 * - An event that is sent again produces the same row.
 *
 * Assumes: an alarm that is set fires eventually; D1's upserts are idempotent.
 *
 * A crash:
 * - before the alarm is armed: impossible, because alarm and entry are one commit;
 * - during a flush: the next alarm was armed before the work began, and all unconfirmed rows are sent again;
 * - after D1 stored the rows, before `flushed_sequence` is written: the rows are sent again and change
 *   nothing;
 * - before the deliveries are enqueued: they are due in D1, and the sweep finds them.
 *
 * If the platform loses an alarm, the next call to the object arms it again, on this instance or the next. Sweeps
 * call objects with an overdue expiry, those that never flushed, and every other one in turn. A flush that fails again and again is
 * named in the subject's row in D1, for the portal's overview.
 */
export class Outbox {
  /** The time of the armed flush alarm, if this instance knows it. Losing it costs one extra `setAlarm`. */
  private armedFor: number | null = null;
  private failures = 0;
  /**
   * Machine time of the oldest unflushed change, if this instance made it. Spares the flush a read of that
   * entry.
   */
  private pendingSince: number | null = null;
  /** Whether an endpoint subscribed to usage events at this instance's last flush; `null` before it. */
  private hasUsageSubscriber: boolean | null = null;
  private hasUnflushedConsumption = false;
  /** Machine time of this instance's last flush of consumption. */
  private consumptionFlushedAt = 0;
  /**
   * Flush, resync, registration and erasure write the subject's rows in D1. This chain runs them one at a
   * time.
   */
  private lastTurn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ctx: DurableObjectState,
    private readonly store: SubjectStore,
    private readonly env: DatabasesEnv & MetricsEnv,
    private readonly queue: Queue<DeliveryMessage>,
  ) {}

  /** Arms the alarm. Call right after a change, without an `await` in between: both are then one commit. */
  arm(operation: "consume" | "other"): void {
    this.pendingSince ??= Date.now();
    if (operation === "consume") this.hasUnflushedConsumption = true;
    this.armFor(this.flushTime(operation));
  }

  /** Arms the alarm after a usage request. A reservation may end before the flush is due. */
  armAfterUsage(type: UsageCommand["type"], now: number): void {
    this.arm(type === "reverse" ? "other" : "consume");
    const next = findNextClockEntry(this.store.state());
    if (next !== null) this.armFor(Date.now() + Math.max(0, next - now));
  }

  private flushTime(operation: "consume" | "other"): number {
    const now = Date.now();
    if (operation === "other" || this.store.signals.hasNew) return now;
    if (this.hasUsageSubscriber !== false) return now + flushDelayMs.subscribed;
    return Math.max(now + flushDelayMs.unsubscribed, this.consumptionFlushedAt + flushDelayMs.busy);
  }

  private armFor(time: number): void {
    // A retry is not brought forward: each change would try again, and each failure doubles the delay.
    const isArmed = this.armedFor !== null && (this.armedFor <= time || this.failures > 0);
    if (isArmed && !this.isAlarmLost()) return;
    this.armedFor = time;
    // Not awaited: the output gate holds every response until this write is durable.
    this.ctx.storage.setAlarm(time);
  }

  private isAlarmLost(): boolean {
    return this.armedFor !== null && this.armedFor < Date.now() - alarmLostAfterMs;
  }

  /** Arms the alarm again if the platform lost it. Only compares numbers otherwise: every check calls it. */
  rearmIfLost(): void {
    if (this.isAlarmLost()) this.armFor(Date.now());
  }

  /** As `rearmIfLost`, also for an instance that never armed it: time alone may cause a signal. */
  async rearmIfMissing(now: number): Promise<void> {
    this.rearmIfLost();
    if (!this.store.isCreated() || (await this.ctx.storage.getAlarm()) !== null) return;
    this.setNextAlarm(now, this.store.signals.storedTo(this.store.head()));
  }

  /** Arms the alarm for entries that an earlier instance did not flush. Call when an instance starts. */
  resume(): void {
    // `pendingSince` stays unknown: the flush reads the time of the oldest unflushed entry.
    if (!this.store.isCreated()) return;
    if (this.store.flushedSequence() < this.store.head().sequence || this.store.signals.hasEvents())
      this.armFor(Date.now());
  }

  /** Handles the alarm. `now` is on the stack's clock; alarms themselves fire on the machine clock. */
  async run(now: number): Promise<void> {
    // Set the next alarm first: the platform deletes an alarm after six failures.
    this.armedFor = Date.now() + retryDelayMs(this.failures + 1);
    await this.ctx.storage.setAlarm(this.armedFor);
    recordTime(this.ctx.storage, this.store, now);
    try {
      await this.flush(now);
      this.failures = 0;
    } catch (error) {
      this.failures++;
      const { projectId = "", mode = "" } = this.store.identity() ?? {};
      const { failures } = this;
      log("error", "outbox.flush_failed", { projectId, mode, failures, error: errorMessage(error) });
      writeMetric(this.env, { projectId, mode }, { name: "flush_failed", failures });
      await reportFlushFailure(this.env, this.store.identity(), failures, error);
      return;
    }
    this.setNextAlarm(now, now);
  }

  /** Sends every unconfirmed entry to D1. */
  async flush(now: number): Promise<void> {
    await this.runExclusive(() => this.flushPending(now));
  }

  /** Writes the subject's row in D1, unless the subject is erased: that would create the row again. */
  async register(identity: SubjectIdentity, now: number, isErased: () => boolean): Promise<void> {
    await this.runExclusive(async () => {
      if (!isErased()) await registerSubject(dataOf(this.env, identity), identity, now);
    });
  }

  /**
   * Deletes the subject after any running flush has ended, so that no flush writes it to D1 again. Returns
   * `false` if `eraseSubject` did.
   */
  async erase(erasure: Erasure, mayContinue: () => boolean): Promise<boolean> {
    return this.runExclusive(async () => {
      if (!(await eraseSubject(this.ctx.storage, this.store, this.env, erasure, mayContinue))) return false;
      this.armedFor = null;
      this.pendingSince = null;
      this.hasUnflushedConsumption = false;
      return true;
    });
  }

  /**
   * Rewrites the D1 copy from the object: replaces every row and deletes rows that the object does not have.
   */
  async resync(now: number): Promise<void> {
    await this.runExclusive(async () => {
      if (!this.store.isCreated()) return;
      // `replace` emits no events and does not advance `flushed_sequence`, so flush pending entries first.
      await this.flushPending(now);
      let sequence = 0;
      let writeMode: "replace" | "newer" = "replace";
      for (;;) {
        writeState(this.ctx.storage, this.store);
        const copy = buildD1Copy(this.store, sequence, now);
        await flushSubject(dataOf(this.env, copy.identity), copy, writeMode);
        writeMode = "newer";
        sequence = copy.flushedTo;
        if (sequence >= this.store.head().sequence) break;
      }
    });
  }

  private async flushPending(now: number): Promise<void> {
    for (;;) {
      const startedAt = Date.now();
      const fromSequence = this.store.flushedSequence() + 1;
      const copy = this.pendingCopy(now);
      if (copy === null) {
        const due = await sendClockSignals(this.ctx.storage.sql, this.store, this.env, now);
        await enqueueDeliveries(this.queue, due);
        this.pendingSince = null;
        if (this.hasUnflushedConsumption) this.consumptionFlushedAt = Date.now();
        this.hasUnflushedConsumption = false;
        return;
      }
      const db = dataOf(this.env, copy.identity);
      const waitedMs =
        this.pendingSince === null
          ? now - (this.store.entriesAfter(fromSequence - 1, 1)[0]?.at ?? now)
          : startedAt - this.pendingSince;
      const deliveries: DeliveryMessage[] = [];
      const audits = readAudits(this.ctx.storage.sql, copy.flushedTo);
      const events = await sendAllButLastBatch(this.ctx.storage.sql, db, copy, now, deliveries);
      const spent = await addUpSpentUnits(this.ctx.storage.sql, this.store, copy.flushedTo);
      const flushed = await flushSubject(db, { ...copy, spent, events, audits }, "newer");
      deliveries.push(...flushed.messages);
      const { usageTypes } = flushed;
      this.hasUsageSubscriber = usageTypes.length > 0;
      if (usageTypes.length > 0)
        deliveries.push(...(await sendUsageEvents(this.store, db, copy, usageTypes, now)));
      deleteEvents(this.ctx.storage.sql, events);
      if (audits.length > 0) deleteAudits(this.ctx.storage.sql, copy.flushedTo);
      this.store.setFlushed(copy.flushedTo, spent.total);
      const counts = { events: events.length, deliveries: deliveries.length };
      logFlush(this.env, { copy, fromSequence, waitedMs, startedAt, ...counts });
      await enqueueDeliveries(this.queue, deliveries);
      if (audits.length > 0) await bringAuditToLog(this.env, copy.identity.projectId);
    }
  }

  private async runExclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.lastTurn.then(work, work);
    this.lastTurn = turn.catch(() => undefined);
    return turn;
  }

  private pendingCopy(now: number): SubjectCopy | null {
    const flushed = this.store.flushedSequence();
    if (flushed >= this.store.head().sequence) return null;
    writeState(this.ctx.storage, this.store);
    return buildD1Copy(this.store, flushed, now);
  }

  private setNextAlarm(now: number, doneTo: number): void {
    this.armedFor = null;
    if (this.store.flushedSequence() < this.store.head().sequence) {
      this.arm("other");
      return;
    }
    setAlarmAt(this.ctx.storage, findNextAlarm(this.store, doneTo), now);
  }
}
