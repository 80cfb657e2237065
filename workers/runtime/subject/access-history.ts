import { decideAccess } from "../../../shared/domain/decision.ts";
import type { Moment } from "../../../shared/domain/entitlement.ts";
import { applyEntry, type LedgerEntry, type SubjectState } from "../../../shared/domain/ledger.ts";

/** When access began and ended. */
export interface AccessHistory {
  /** Since when it is as it is; `null` when it never was otherwise. */
  since: Moment | null;
  /** The entries with which it changed, by sequence. */
  flips: Map<number, { from: boolean; to: boolean }>;
}

/** Walks `entries`, oldest first, from the state they follow, and looks at access after each and in the time between. */
export function accessHistory(start: SubjectState, entries: LedgerEntry[], now: Moment): AccessHistory {
  const flips: AccessHistory["flips"] = new Map();
  let state = start;
  let from = entries[0]?.at ?? now;
  let isAllowed = allowedAt(state, from);
  let since: Moment | null = null;
  /** Access also comes and goes without an entry, when a right begins or runs out. */
  const waitUntil = (until: Moment) => {
    for (const moment of turningPoints(state, from, until)) {
      if (allowedAt(state, moment) === isAllowed) continue;
      isAllowed = !isAllowed;
      since = moment;
    }
    from = until;
  };
  for (const entry of entries) {
    waitUntil(entry.at);
    state = applyEntry(state, entry);
    const isAllowedAfter = allowedAt(state, entry.at);
    if (isAllowedAfter === isAllowed) continue;
    flips.set(entry.sequence, { from: isAllowed, to: isAllowedAfter });
    isAllowed = isAllowedAfter;
    since = entry.at;
  }
  waitUntil(now);
  return { since, flips };
}

const allowedAt = ({ entitlements }: SubjectState, at: Moment) =>
  decideAccess(entitlements.values(), at).allowed;

/** Moments in (from, until] at which time alone can change what is usable, in order. */
function turningPoints({ entitlements }: SubjectState, from: Moment, until: Moment): Moment[] {
  return [...entitlements.values()]
    .flatMap(({ startsAt, expiresAt, graceUntil }) => [startsAt, expiresAt, graceUntil])
    .filter((moment): moment is Moment => moment !== null && moment > from && moment <= until)
    .toSorted((a, b) => a - b);
}
