import { findNextClockMoment } from "./clock-changes.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { canFlip, type Flip, type FlipStart, findFlips } from "./flips.ts";
import type { Entitlements, LedgerEntry, SubjectState } from "./ledger.ts";
import { getUsageRemaining } from "./lots.ts";
import { buildEventData, type OutboundEventDraft, type SubjectKey } from "./outbound-event-data.ts";

/** A flip with its event. The same history always gives the same ones, whenever they are looked for. */
export interface Signal {
  at: Moment;
  sequence: number;
  event: OutboundEventDraft;
}

/** Identifies the decision after a flip. */
export type ToDecisionId = (moment: { sequence: number; at: Moment }) => string;

/**
 * Returns the signals between the last entry and `entry`, and that of `entry` itself, oldest first. `before` and `after` are
 * the states around it. `since` is the moment up to which they were found before. Usage that empties no pack costs a look at the next moment by time only.
 */
export function findEntrySignals(
  subject: SubjectKey,
  before: SubjectState,
  after: SubjectState,
  since: { sequence: number; at: Moment },
  entry: LedgerEntry,
  toDecisionId: ToDecisionId,
): Signal[] {
  const { entitlements } = before;
  const start: FlipStart = { entitlements, ...since };
  if (!mayFlip(before, since.at, entry)) return [];
  const flips = findFlips(start, [entry], entry.at);
  return flips.map((flip) =>
    flip.cause.type === "entry"
      ? toSignal(subject, flip, after.entitlements, entry, toDecisionId)
      : toSignal(subject, flip, entitlements, null, toDecisionId),
  );
}

/** Returns whether the entry, or time between `since` and the entry, can change the decision. */
function mayFlip({ entitlements }: SubjectState, since: Moment, entry: LedgerEntry): boolean {
  if (canFlip(entry)) return true;
  const next = findNextClockMoment(entitlements, since);
  return next !== null && next <= entry.at;
}

/** Returns the signals by time alone after `since` up to `until`, oldest first. */
export function findClockSignals(
  subject: SubjectKey,
  { entitlements }: SubjectState,
  since: { sequence: number; at: Moment },
  until: Moment,
  toDecisionId: ToDecisionId,
): Signal[] {
  const next = findNextClockMoment(entitlements, since.at);
  if (next === null || next > until) return [];
  const flips = findFlips({ entitlements, ...since }, [], until);
  return flips.map((flip) => toSignal(subject, flip, entitlements, null, toDecisionId));
}

function toSignal(
  subject: SubjectKey,
  { at, sequence, cause, after }: Flip,
  entitlements: Entitlements,
  entry: LedgerEntry | null,
  toDecisionId: ToDecisionId,
): Signal {
  const entitlement: Entitlement | null = entitlements.get(after.entitlementId ?? "") ?? null;
  const byClock = {
    operation: "expire",
    source: "system",
    reason: cause.type === "clock" ? cause.change : "",
    actor: null,
    sequence,
    at,
  } as const;
  const data = buildEventData(
    subject,
    entry ?? byClock,
    { entitlement, units: null, lots: null },
    entitlement?.kind === "usage_pack" ? getUsageRemaining(entitlements.values(), at) : null,
  );
  const decision_id = toDecisionId({ sequence, at });
  return {
    at,
    sequence,
    event: after.allowed
      ? { type: "access.gained", data: { ...data, decision_id } }
      : { type: "access.lost", data: { ...data, reason: after.reason, decision_id } },
  };
}
