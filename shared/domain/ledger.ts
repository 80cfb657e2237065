import type { IdempotentEndpoint } from "../contract/words.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { ManualAction } from "./manual-action.ts";
import type { StripeRecord } from "./stripe-record.ts";

/** What an entry does. */
export type Operation =
  | "grant"
  | "consume"
  | "expire"
  | "subscription"
  | "invoice"
  | "refund"
  | "dispute"
  | "lift_hold"
  | "manual_grant"
  | "manual_revoke"
  | "manual_adjustment"
  | "undo";

/** The kinds of movement that a balance adds up from: granted - consumed - expired - clawed back + adjusted. */
type UnitMovement = "granted" | "consumed" | "expired" | "clawed_back" | "adjusted";

/** An entitlement *as it stands after* the entry, with the units the entry moved (negative when units left). */
export interface Touched {
  entitlement: Entitlement;
  units: { movement: UnitMovement; change: number }[];
}

/** How many units the entry moved, all movements together: negative when units left. */
export function unitsMoved({ units }: Pick<Touched, "units">): number {
  return units.reduce((sum, { change }) => sum + change, 0);
}

/** An entitlement before and after, for who looks at a change; `before` is `null` for a new one. */
export interface EntitlementChange {
  before: Entitlement | null;
  after: Entitlement;
  units: number;
}

/** What `touched` changes in a state. */
export function changesOf({ entitlements }: SubjectState, touched: Touched[]): EntitlementChange[] {
  return touched.map((each) => ({
    before: entitlements.get(each.entitlement.entitlementId) ?? null,
    after: each.entitlement,
    units: unitsMoved(each),
  }));
}

type EntrySource = "runtime" | "stripe" | "portal" | "system";

/** What outside the ledger made the entry happen. */
export type Cause =
  | { type: "request"; id: string }
  | { type: "stripe_event"; id: string; eventType: string }
  /** An object that was read from Stripe, because an event asked for it, a sweep, or an operator. */
  | { type: "stripe_read"; id: string; because: string }
  /** `action` is what was done, from which it can be undone; `undoes` the sequence of the entry that an undo answers. */
  | { type: "operator"; actorName: string; action: ManualAction | null; undoes: number | null }
  | { type: "clock" };

/** The record of one answered request, from which the answer can be given again word for word. */
export interface IdempotencyRecord {
  endpoint: IdempotentEndpoint;
  key: string;
  requestHash: string;
  reply: { consumed: number; usageRemaining: number };
}

/** What a decision wants written; the object adds sequence, time and hash. */
export interface EntryDraft {
  operation: Operation;
  touched: Touched[];
  /** Records of Stripe's objects, as they stand after the entry. */
  records: StripeRecord[];
  source: EntrySource;
  reason: string;
  actor: string | null;
  idempotency: IdempotencyRecord | null;
  cause: Cause;
}

export interface LedgerEntry extends EntryDraft {
  /** Position in the subject's ledger, from 1, without gaps. */
  sequence: number;
  /** Never earlier than the entry before. */
  at: Moment;
}

/** All entitlements of one subject, by id. */
export type Entitlements = ReadonlyMap<string, Entitlement>;

/** Everything that a ledger adds up to. */
export interface SubjectState {
  entitlements: Entitlements;
  /** What is remembered of Stripe's objects, by their id. */
  records: ReadonlyMap<string, StripeRecord>;
}

export const emptyState: SubjectState = { entitlements: new Map(), records: new Map() };

/** Applies one entry to the state it follows: whatever it touched is replaced by what the entry says it became. */
export function applyEntry(
  state: SubjectState,
  entry: Pick<EntryDraft, "touched" | "records">,
): SubjectState {
  const entitlements = new Map(state.entitlements);
  for (const { entitlement } of entry.touched) entitlements.set(entitlement.entitlementId, entitlement);
  if (entry.records.length === 0) return { entitlements, records: state.records };
  const records = new Map(state.records);
  for (const record of entry.records) records.set(record.recordId, record);
  return { entitlements, records };
}

/** What is wrong with `entry` as the successor of `before`, in words; empty when it follows. */
export function entryFaults(before: SubjectState, entry: LedgerEntry): string[] {
  const faults: string[] = [];
  for (const touched of entry.touched) {
    const { entitlement } = touched;
    const id = entitlement.entitlementId;
    const previous = before.entitlements.get(id)?.unitsRemaining ?? 0;
    const now = entitlement.unitsRemaining ?? 0;
    const change = unitsMoved(touched);
    if (previous + change !== now)
      faults.push(`${id}: ${previous} units and a change of ${change} do not make ${now}`);
    if (now < 0) faults.push(`${id}: ${now} units remain, below zero`);
    if (!Number.isSafeInteger(change)) faults.push(`${id}: the change is not a whole number`);
  }
  return faults;
}
