import { decideAccess } from "../../../../shared/domain/decision.ts";
import type { Moment } from "../../../../shared/domain/entitlement.ts";
import { applyEntry, type LedgerEntry, type SubjectState } from "../../../../shared/domain/ledger.ts";

/** The changes of access between allowed and denied. */
export interface AccessHistory {
  /** Time of the last access change; `null` if access never changed. */
  since: Moment | null;
  /** The entries that changed access, by sequence. */
  flips: Map<number, { from: boolean; to: boolean }>;
}

/**
 * Replays `entries`, oldest first, on the state before them. Computes access after each entry and at each
 * moment between two entries when time alone can change it.
 */
export function buildAccessHistory(start: SubjectState, entries: LedgerEntry[], now: Moment): AccessHistory {
  const flips: AccessHistory["flips"] = new Map();
  let state = start;
  let from = entries[0]?.at ?? now;
  let isAllowed = isAllowedAt(state, from);
  let since: Moment | null = null;
  /** Access also changes without an entry, when an entitlement starts or expires or a hold's window opens. */
  const advanceTo = (until: Moment) => {
    for (const moment of timeBoundaries(state, from, until)) {
      if (isAllowedAt(state, moment) === isAllowed) continue;
      isAllowed = !isAllowed;
      since = moment;
    }
    from = until;
  };
  for (const entry of entries) {
    advanceTo(entry.at);
    state = applyEntry(state, entry);
    const isAllowedAfter = isAllowedAt(state, entry.at);
    if (isAllowedAfter === isAllowed) continue;
    flips.set(entry.sequence, { from: isAllowed, to: isAllowedAfter });
    isAllowed = isAllowedAfter;
    since = entry.at;
  }
  advanceTo(now);
  return { since, flips };
}

const isAllowedAt = ({ entitlements }: SubjectState, at: Moment) =>
  decideAccess(entitlements.values(), at).allowed;

/**
 * Returns, in order, the moments in (from, until] at which an entitlement starts, expires or leaves grace, or
 * one of its holds begins or stops to block.
 */
function timeBoundaries({ entitlements }: SubjectState, from: Moment, until: Moment): Moment[] {
  return [...entitlements.values()]
    .flatMap(({ startsAt, expiresAt, graceUntil, coveredUntil = null, holds }) => [
      ...[startsAt, expiresAt, graceUntil, coveredUntil],
      ...holds.flatMap(({ window }) => (window === undefined ? [] : [window.from, window.until])),
    ])
    .filter((moment): moment is Moment => moment !== null && moment > from && moment <= until)
    .toSorted((a, b) => a - b);
}
