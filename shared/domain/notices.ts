import { type Balance, findThresholdBound, isLowAfter, weighBalance } from "./balance.ts";
import { listClockMoments } from "./clock-changes.ts";
import { isByClock } from "./clock-entries.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { earliest } from "./expire.ts";
import { findEnd } from "./known-end.ts";
import type { EntryDraft, SubjectState } from "./ledger.ts";
import {
  getExpiringFrom,
  type Notice,
  type SignalRecord,
  type SignalSettings,
  signalRecordId,
} from "./signal-settings.ts";

/** The state after an entry, at the moment of that entry. */
export interface NoticeStart {
  state: SubjectState;
  at: Moment;
  /** Set where no notice by time is between it and what follows: it is not looked for. */
  isQuiet?: boolean;
}

type NoticeEntry = Pick<EntryDraft, "operation" | "reason" | "touched" | "idempotency"> & { at: Moment };

/** What the signals said last, with the notices that led to it, oldest first. */
export interface NoticeResult extends Pick<SignalRecord, "isLow" | "reportedEnds"> {
  notices: Notice[];
}

export function readSignalRecord({ records }: Pick<SubjectState, "records">): SignalRecord | null {
  const record = records.get(signalRecordId);
  return record?.type === "signals" ? record : null;
}

/**
 * Returns the notices by time alone after `start` up to and including `until`; `null` where the subject knows no settings.
 * Pure: looked at early, late or again, the same start gives the same ones.
 */
export function findClockNotices(start: NoticeStart, until: Moment): NoticeResult | null {
  const record = readSignalRecord(start.state);
  if (record === null) return null;
  const walk = new NoticeWalk(start.state, record);
  walk.advance(start.at, until);
  return walk;
}

/**
 * Returns the notices between `start` and an entry, and those of the entry. Time acts before an entry of the same
 * millisecond. It acts together with one that it caused itself: where units expire as the next ones begin, the balance is
 * never without both. `after` is the state that the entry leaves. Returns `null` where it has no settings.
 */
export function findEntryNotices(
  start: NoticeStart,
  after: SubjectState,
  entry: NoticeEntry,
): NoticeResult | null {
  const learned = readSignalRecord(after);
  if (learned === null) return null;
  const known = readSignalRecord(start.state);
  const walk = new NoticeWalk(start.state, known ?? learned);
  const isJoint = isByClock(entry) && start.at < entry.at;
  if (known !== null && start.isQuiet !== true) walk.advance(start.at, entry.at, { isJoint });
  const isNew = known?.settings !== learned.settings;
  walk.apply(after, entry, { settings: learned.settings, isNew, isJoint });
  return walk;
}

/**
 * Returns the draft of an entry at `at`, with its notices and those by time since `start`, and with the record of what was
 * reported. `after` is the state that the draft leaves.
 */
export function addNotices(
  start: NoticeStart,
  draft: EntryDraft,
  after: SubjectState,
  at: Moment,
): EntryDraft {
  const learned = readSignalRecord(after);
  const found = findEntryNotices(start, after, { ...draft, at });
  if (learned === null || found === null) return draft;
  const { notices, isLow, reportedEnds } = found;
  // Also where two notices leave what was reported as it was: low by time, and recovered by the entry.
  if (notices.length === 0 && learned.isLow === isLow && learned.reportedEnds === reportedEnds) return draft;
  const others = draft.records.filter(({ type }) => type !== "signals");
  const records = [...others, { ...learned, isLow, reportedEnds }];
  return notices.length === 0 ? { ...draft, records } : { ...draft, records, notices };
}

/** Returns the next moment after `after` at which time alone can cause a notice, or `null`. May be too early. */
export function findNextNotice(state: SubjectState, after: Moment): Moment | null {
  const record = readSignalRecord(state);
  if (record === null) return null;
  let next: Moment | null = null;
  const add = (at: Moment | null) => {
    if (at !== null && at > after) next = earliest(next, at);
  };
  for (const entitlement of state.entitlements.values()) {
    // A pass has no units, and no units depend on it.
    if (entitlement.kind !== "time_pass") for (const { at } of listClockMoments(entitlement)) add(at);
    const end = findEnd(entitlement, state.records);
    if (end !== null) add(getExpiringFrom(record.settings, entitlement.productCode, end));
  }
  return next;
}

class NoticeWalk implements NoticeResult {
  readonly notices: Notice[] = [];
  isLow: boolean;
  reportedEnds: SignalRecord["reportedEnds"];
  private settings: SignalSettings;

  constructor(
    private state: SubjectState,
    { isLow, reportedEnds, settings }: SignalRecord,
  ) {
    this.isLow = isLow;
    this.reportedEnds = reportedEnds;
    this.settings = settings;
  }

  /**
   * Moves time, and stops at each moment at which it can cause a notice. `isJoint`: an entry that time causes at `until`
   * follows, and the balance of that moment is the one after it.
   */
  advance(from: Moment, until: Moment, { isJoint = false } = {}): void {
    const byClock = { byClock: true } as const;
    let at = findNextNotice(this.state, from);
    for (; at !== null && at <= until; at = findNextNotice(this.state, at)) {
      const { remaining } = this.weigh(at - 1);
      if (!isJoint || at < until) this.compare(remaining, at, { isNewSetting: false }, byClock);
      for (const entitlement of this.state.entitlements.values()) this.reportEnd(entitlement, at, byClock);
    }
  }

  apply(
    after: SubjectState,
    entry: NoticeEntry,
    { settings, isNew, isJoint }: { settings: SignalSettings; isNew: boolean; isJoint: boolean },
  ): void {
    const { at } = entry;
    const before = this.state;
    const remaining =
      isNew || !this.leavesBalance(after, entry) ? this.weigh(isJoint ? at - 1 : at).remaining : null;
    this.state = after;
    this.settings = settings;
    if (remaining !== null) this.compare(remaining, at, { isNewSetting: isNew }, {});
    const changed = isNew ? after.entitlements.values() : entry.touched.map((each) => each.entitlement);
    for (const entitlement of changed) {
      // What is granted with a near end was sold so: its end is no news.
      if (!before.entitlements.has(entitlement.entitlementId)) this.passOver(entitlement, at);
      this.reportEnd(entitlement, at, {});
    }
  }

  /** Whether an entry surely leaves the balance high, or low. So a usual consume looks at no pack's blockers. */
  private leavesBalance({ entitlements }: SubjectState, { operation, idempotency }: NoticeEntry): boolean {
    if (operation !== "consume" && operation !== "reserve") return false;
    if (this.isLow) return true;
    const remaining = idempotency?.reply.usageRemaining ?? 0;
    return remaining > 0 && remaining > findThresholdBound(entitlements, this.settings);
  }

  private weigh(at: Moment): Balance {
    return weighBalance(this.state.entitlements, this.settings, at);
  }

  private compare(
    before: number,
    at: Moment,
    how: { isNewSetting: boolean },
    cause: Pick<Notice, "byClock">,
  ): void {
    const balance = this.weigh(at);
    const isLow = isLowAfter(this.isLow, before, balance, how);
    if (isLow === this.isLow) return;
    this.isLow = isLow;
    const type = isLow ? "usage.low" : "usage.recovered";
    this.notices.push({ type, at, usageRemaining: balance.remaining, ...cause });
  }

  /** Reports a near end, once. A pack without units has nothing to lose. */
  private reportEnd(entitlement: Entitlement, at: Moment, cause: Pick<Notice, "byClock">): void {
    const { entitlementId } = entitlement;
    if (entitlement.unitsRemaining === 0 || !this.passOver(entitlement, at)) return;
    this.notices.push({ type: "entitlement.expiring", at, entitlementId, ...cause });
  }

  /** Remembers an end that is near and was not reported. Returns whether there is one. Those that passed are forgotten. */
  private passOver(entitlement: Entitlement, at: Moment): boolean {
    const { entitlementId, productCode } = entitlement;
    const end = findEnd(entitlement, this.state.records);
    if (end === null || at >= end || this.reportedEnds[entitlementId]?.includes(end) === true) return false;
    const from = getExpiringFrom(this.settings, productCode, end);
    if (from === null || at < from) return false;
    const upcoming = Object.entries(this.reportedEnds).flatMap(([id, ends]): [string, Moment[]][] => {
      const kept = ends.filter((each) => each > at);
      return kept.length === 0 ? [] : [[id, kept]];
    });
    const reportedEnds = Object.fromEntries(upcoming);
    this.reportedEnds = { ...reportedEnds, [entitlementId]: [...(reportedEnds[entitlementId] ?? []), end] };
    return true;
  }
}
