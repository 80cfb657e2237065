import { findClockSignals, findEntrySignals, type Signal } from "../../../../shared/domain/access-signals.ts";
import { findNextClockMoment } from "../../../../shared/domain/clock-changes.ts";
import { earliest } from "../../../../shared/domain/expire.ts";
import { canFlip } from "../../../../shared/domain/flips.ts";
import {
  applyEntry,
  type EntryDraft,
  isUsage,
  type LedgerEntry,
  type SubjectState,
} from "../../../../shared/domain/ledger.ts";
import {
  addNotices,
  findClockNotices,
  findNextNotice,
  readSignalRecord,
} from "../../../../shared/domain/notices.ts";
import type { Notice } from "../../../../shared/domain/signal-settings.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import type { Head, StateAtHead } from "./head.ts";
import {
  hasEvents,
  type NoticeSource,
  storeEvents,
  storeNotices,
  storeSignals,
  toSignalDecisionId,
} from "./outbound-events.ts";

/**
 * Stores each signal as an outbound event, in the transaction of its cause: an entry, or the alarm for what time alone did.
 * The moment of a signal is when it became so, however late the alarm.
 *
 * Changes of access follow from the state. Signals of the balance and of ends depend on what was reported before: an entry
 * records those since the entry before it, in `notices` and in its record of signals (shared/domain/notices.ts). So a
 * restart and a replay find the same ones.
 *
 * `signaled_at` is the moment up to which signals by time are stored, where it is later than the last entry. It is
 * written only with such a signal, so an entry that changes nothing of this writes nothing here.
 */
export class SignalLog {
  private signaledAt = 0;
  /**
   * The next moment at which time alone can cause a signal, as long as only usage follows, which moves no such moment. A
   * consume does not look at all entitlements for it.
   */
  private next: { sequence: number; after: number; at: number | null } | null = null;
  /** Whether this instance stored a signal that it has not flushed: it is not left for a later flush. */
  hasNew = false;

  constructor(private readonly read: { sql: () => SqlStorage; identity: () => SubjectIdentity | null }) {}

  /** Takes over `signaled_at` of storage, and forgets what followed from a state that is read again. */
  load(signaledAt: number): void {
    this.signaledAt = signaledAt;
    this.next = null;
  }

  /** Returns the moment up to which every signal is stored. Later entries are not earlier. */
  storedTo(head: Head): number {
    return Math.max(head.at, this.signaledAt);
  }

  /** Returns whether an event waits for the flush. */
  hasEvents(): boolean {
    return hasEvents(this.read.sql());
  }

  /** Returns the next moment after `after` at which time alone can cause a signal, or `null`. May be too early. */
  findNextMoment(state: StateAtHead, after: number): number | null {
    const { sequence } = state.head;
    const known = this.next;
    const isKnown = known?.sequence === sequence && known.after <= after;
    if (isKnown && (known.at === null || known.at > after)) return known.at;
    const at = earliest(findNextClockMoment(state.entitlements, after), findNextNotice(state, after));
    this.next = { sequence, after, at };
    return at;
  }

  /** Completes the draft of an entry at `at` with the notices that it and time cause. Returns the state after it too. */
  complete(
    previous: StateAtHead,
    proposed: EntryDraft,
    at: number,
    decided: SubjectState = applyEntry(previous, proposed),
  ): { draft: EntryDraft; next: SubjectState } {
    if (readSignalRecord(decided) === null) return { draft: proposed, next: decided };
    // The entry also records what the alarm stored since the entry before it.
    const since = this.storedTo(previous.head);
    const moment = this.findNextMoment(previous, since);
    const isQuiet = since === previous.head.at && (moment === null || moment > at);
    const start = { state: previous, at: previous.head.at, isQuiet };
    const draft = addNotices(start, proposed, decided, at);
    return { draft, next: draft === proposed ? decided : applyEntry(previous, draft) };
  }

  /** Stores the entry's events, and the signals since the last entry and by this one, in its transaction. */
  storeEntryEvents(previous: StateAtHead, entry: LedgerEntry, after: SubjectState): void {
    storeEvents(this.read.sql(), this.read.identity, previous, entry);
    const since = { sequence: previous.head.sequence, at: this.storedTo(previous.head) };
    const next = this.findNextMoment(previous, since.at);
    const isDue = next !== null && next <= entry.at;
    if (isDue || canFlip(entry)) {
      const identity = this.identity();
      const toDecisionId = toSignalDecisionId(identity);
      this.store(identity, findEntrySignals(identity, previous, after, since, entry, toDecisionId));
    }
    // Those of the alarm are stored.
    const notices = (entry.notices ?? []).filter((notice) => notice.byClock !== true || notice.at > since.at);
    this.storeNotices(notices, { before: previous, sequence: since.sequence, caused: { entry, after } });
    const isKnown = isUsage(entry.operation) && !isDue && this.next !== null;
    this.next = isKnown ? { sequence: entry.sequence, after: since.at, at: next } : null;
  }

  /** Stores the signals by time alone up to `now`. Call inside a transaction. */
  storeClockSignals(state: StateAtHead, now: number): void {
    const since = { sequence: state.head.sequence, at: this.storedTo(state.head) };
    const next = this.findNextMoment(state, since.at);
    if (next === null || next > now) return;
    const identity = this.identity();
    const signals = findClockSignals(identity, state, since, now, toSignalDecisionId(identity));
    const known = findClockNotices({ state, at: state.head.at }, now)?.notices ?? [];
    const notices = known.filter(({ at }) => at > since.at);
    if (signals.length + notices.length === 0) return;
    this.store(identity, signals);
    this.storeNotices(notices, { before: state, sequence: since.sequence, caused: null });
    this.read.sql().exec("UPDATE subject SET signaled_at = ?", now);
    this.signaledAt = now;
  }

  private store(identity: SubjectIdentity, signals: Signal[]): void {
    storeSignals(this.read.sql(), identity, signals);
    if (signals.length > 0) this.hasNew = true;
  }

  private storeNotices(notices: Notice[], source: NoticeSource): void {
    if (notices.length === 0) return;
    storeNotices(this.read.sql(), this.identity(), notices, source);
    this.hasNew = true;
  }

  private identity(): SubjectIdentity {
    const identity = this.read.identity();
    if (identity === null) throw new Error("the subject has no identity, so it cannot emit events");
    return identity;
  }
}
