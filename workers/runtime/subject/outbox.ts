import { d1 } from "../../../shared/db/deadline.ts";
import { flushSubject, registerSubject, type SubjectCopy } from "../../../shared/db/flush-subject.ts";
import { type DeliveryWakeUp, insertEventsOf, type NewEvent } from "../../../shared/db/write-events.ts";
import { decideExpire, nextExpiry } from "../../../shared/domain/expire.ts";
import { emptyState } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { type Metered, measure } from "../../../shared/kit/metrics.ts";
import { forgetAudits, keptAudits } from "./audit-outbox.ts";
import { change } from "./change.ts";
import { copyAfter } from "./copy-for-d1.ts";
import { type Erasure, eraseSubject } from "./erase.ts";
import { tellFlush } from "./flush-line.ts";
import { eventsOfEntry, eventsPerBatch, forgetEvents, inBatches, keptEvents } from "./outbound.ts";
import type { SubjectStore } from "./store.ts";
import { readEntry } from "./stored-entry.ts";

/**
 * The outbox: brings what the ledger says to D1, from the object's alarm, and with it the events that its changes have to
 * tell; then it asks the queue for a look at the deliveries that came of them.
 *
 * Guarantees: every entry after `flushed_sequence` reaches D1, at least once, with its events in the same transaction or
 * before it; the copy never goes backwards (each row carries the sequence it shows); an event sent again makes the same
 * row. Assumes: the alarm comes, sooner or later; D1's upserts are idempotent.
 * A crash
 * - before the alarm was armed: impossible, it is in the same commit as the entry;
 * - while flushing: the alarm was armed anew before the work began, and everything unconfirmed is sent again;
 * - after D1 took the rows, before `flushed_sequence` was written: the rows are sent again and change nothing;
 * - before the queue was asked: the deliveries are due in D1, and the sweep finds them.
 * An alarm that the platform lost is armed anew by the next instance of the object, whoever it is that asks it something.
 */

/**
 * Consumption is gathered for a while, so that a busy subject costs D1 one write per interval and not one per call: where
 * an endpoint asks for it so short that a receiver hears of it within half a second, elsewhere longer, since only lists wait.
 * A subject that is consumed from all the time comes to D1 once in `busy`: D1 takes some 1,000 rows a second of all subjects
 * together, and a flush costs as much as several consumes.
 */
const gatherMs = { told: 200, untold: 5_000, busy: 30_000 };
const retryMs = (failures: number) => Math.min(60_000, 1_000 * 2 ** failures);

export class Outbox {
  /** When the alarm is armed for a flush, as far as this instance knows. Forgetting it costs one more arming. */
  private armedFor: number | null = null;
  private failures = 0;
  /** Since when something waits, on the machine's clock, as far as this instance knows: a flush need not read an entry to tell. */
  private pendingSince: number | null = null;
  /** Whether an endpoint asked for consumption at the last flush of this instance; before its first one nobody knows. */
  private asksUsage: boolean | null = null;
  /** Whether consumption waits, and when this instance last brought some to D1, on the machine's clock. */
  private hasConsumption = false;
  private consumptionFlushedAt = 0;
  /** Flush and resync both write the subject's rows in D1; they take turns. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ctx: DurableObjectState,
    private readonly store: SubjectStore,
    private readonly db: D1Database,
    private readonly queue: Queue<DeliveryWakeUp>,
    private readonly metered: Metered,
  ) {}

  /** Call right after a change, with no `await` between: both are then one commit. */
  arm(operation: "consume" | "other"): void {
    this.pendingSince ??= Date.now();
    if (operation === "consume") this.hasConsumption = true;
    this.armFor(this.dueAt(operation));
  }

  private dueAt(operation: "consume" | "other"): number {
    const now = Date.now();
    if (operation === "other") return now;
    if (this.asksUsage !== false) return now + gatherMs.told;
    return Math.max(now + gatherMs.untold, this.consumptionFlushedAt + gatherMs.busy);
  }

  private armFor(wanted: number): void {
    if (this.armedFor !== null && this.armedFor <= wanted) return;
    this.armedFor = wanted;
    // Not awaited: the storage's output gate holds every answer until this write is durable too.
    this.ctx.storage.setAlarm(wanted);
  }

  /** What an instance begins with: an alarm for what an earlier one left, should the platform have lost that one's. */
  resume(): void {
    // Since when that waits only its entry knows: the flush reads it.
    if (this.store.flushedSequence() < this.store.head().sequence) this.armFor(Date.now());
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
      const { projectId = "", mode = "" } = this.store.identity() ?? {};
      const { failures } = this;
      log("error", "outbox.flush_failed", { projectId, mode, failures, error: errorMessage(error) });
      measure(this.metered, { projectId, mode }, { name: "flush_failed", failures });
      return;
    }
    this.settleAlarm(now);
  }

  /** Sends to D1 what it has not confirmed yet. */
  async flush(now: number): Promise<void> {
    await this.inTurn(() => this.flushPending(now));
  }

  /** Writes the subject's row in D1; not while it is erased, which would bring the row back. */
  async register(identity: SubjectIdentity, now: number, isErased: () => boolean): Promise<void> {
    await this.inTurn(async () => {
      if (!isErased()) await d1(registerSubject(this.db, identity, now));
    });
  }

  /** Takes the subject away, once a flush under way has ended: so nothing of it comes back to D1. `false` as `eraseSubject` says. */
  async erase(erasure: Erasure, mayGoOn: () => boolean): Promise<boolean> {
    return this.inTurn(async () => {
      if (!(await eraseSubject(this.ctx.storage, this.store, this.db, erasure, mayGoOn))) return false;
      this.armedFor = null;
      this.pendingSince = null;
      this.hasConsumption = false;
      return true;
    });
  }

  /** Makes D1 say again what the object says, whatever it says now: rows are replaced, rows too many go. */
  async resync(now: number): Promise<void> {
    await this.inTurn(async () => {
      if (!this.store.isCreated()) return;
      // What is replaced below tells nobody anything, so events go first; and `flushed_sequence` stays where this left it.
      await this.flushPending(now);
      let sequence = 0;
      let how: "replace" | "newer" = "replace";
      for (;;) {
        const copy = copyAfter(this.store, sequence, now);
        await d1(flushSubject(this.db, copy, how));
        how = "newer";
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
        this.pendingSince = null;
        if (this.hasConsumption) this.consumptionFlushedAt = Date.now();
        this.hasConsumption = false;
        return;
      }
      const waitedMs =
        this.pendingSince === null
          ? now - (this.store.entriesAfter(fromSequence - 1, 1)[0]?.at ?? now)
          : startedAt - this.pendingSince;
      const wakeUps: DeliveryWakeUp[] = [];
      const audits = keptAudits(this.ctx.storage.sql, copy.flushedTo);
      const events = await this.sendAllButLastEvents(copy, now, wakeUps);
      const flushed = await d1(flushSubject(this.db, { ...copy, events, audits }, "newer"));
      wakeUps.push(...flushed.wakeUps);
      this.asksUsage = flushed.asksUsage;
      if (flushed.asksUsage) wakeUps.push(...(await this.sendUsage(copy, now)));
      forgetEvents(this.ctx.storage.sql, events);
      if (audits.length > 0) forgetAudits(this.ctx.storage.sql, copy.flushedTo);
      this.store.setFlushedSequence(copy.flushedTo);
      const counts = { events: events.length, deliveries: wakeUps.length };
      tellFlush(this.metered, { copy, fromSequence, waitedMs, startedAt, ...counts });
      await this.wake(wakeUps);
    }
  }

  /** Of more events than one statement takes, all but the last part go before the copy. Returns the last part. */
  private async sendAllButLastEvents(
    { identity, flushedTo }: SubjectCopy,
    now: number,
    wakeUps: DeliveryWakeUp[],
  ): Promise<NewEvent[]> {
    const { sql } = this.ctx.storage;
    for (;;) {
      const [first = [], ...others] = inBatches(keptEvents(sql, flushedTo, eventsPerBatch + 1));
      if (others.length === 0) return first;
      wakeUps.push(...(await d1(insertEventsOf(this.db, identity, first, now))));
      forgetEvents(sql, first);
    }
  }

  /** Consumption is told only where somebody asks: elsewhere its entries are not even read. */
  private async sendUsage({ identity, flushedTo }: SubjectCopy, now: number): Promise<DeliveryWakeUp[]> {
    const wakeUps: DeliveryWakeUp[] = [];
    let sequence = this.store.flushedSequence();
    while (sequence < flushedTo) {
      const entries = this.store
        .entriesAfter(sequence, eventsPerBatch)
        .filter((stored) => stored.sequence <= flushedTo)
        .map(readEntry);
      const events = entries
        .filter(({ operation }) => operation === "consume")
        .flatMap((entry) => eventsOfEntry(identity, emptyState, entry));
      for (const batch of inBatches(events))
        wakeUps.push(...(await d1(insertEventsOf(this.db, identity, batch, now))));
      sequence = entries.at(-1)?.sequence ?? flushedTo;
    }
    return wakeUps;
  }

  private async wake(wakeUps: DeliveryWakeUp[]): Promise<void> {
    try {
      for (let from = 0; from < wakeUps.length; from += eventsPerBatch)
        await this.queue.sendBatch(wakeUps.slice(from, from + eventsPerBatch).map((body) => ({ body })));
    } catch (error) {
      log("warn", "outbox.queue_unavailable", { count: wakeUps.length, error: errorMessage(error) });
    }
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
    return flushed >= this.store.head().sequence ? null : copyAfter(this.store, flushed, now);
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
