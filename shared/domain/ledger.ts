import type { EntitlementKind, IdempotentOperation } from "../contract/enums.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { StripeRecord } from "./stripe-record.ts";

/** The kind of change that an entry makes. */
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

/** The movements that add up to a balance: granted - consumed - expired - clawed back + adjusted. */
type UnitMovement = "granted" | "consumed" | "expired" | "clawed_back" | "adjusted";

/** An entitlement as it is *after* the entry, with the units moved. `change` is negative when units left. */
export interface TouchedEntitlement {
  entitlement: Entitlement;
  units: { movement: UnitMovement; change: number }[];
}

/** Returns the units the entry moved, summed over all movements; negative when units left. */
export function unitsMoved({ units }: Pick<TouchedEntitlement, "units">): number {
  return units.reduce((sum, { change }) => sum + change, 0);
}

/** An entitlement before and after a change. `before` is `null` for a new entitlement. */
export interface EntitlementChange {
  before: Entitlement | null;
  after: Entitlement;
  units: number;
}

/** Returns the changes that `touched` makes to a state. */
export function toEntitlementChanges(
  { entitlements }: SubjectState,
  touched: TouchedEntitlement[],
): EntitlementChange[] {
  return touched.map((each) => ({
    before: entitlements.get(each.entitlement.entitlementId) ?? null,
    after: each.entitlement,
    units: unitsMoved(each),
  }));
}

type EntrySource = "runtime" | "stripe" | "portal" | "system";

/** An operator's action on a subject's entitlements, as the ledger stores it. */
export type ManualAction =
  | {
      type: "grant";
      productCode: string;
      kind: EntitlementKind;
      /** Usage packs only: the number of units. */
      units: number | null;
      /** Time passes only: the length of the pass. It queues behind the passes that the subject has. */
      durationDays: number | null;
      /** The end of a subscription or pack; `null` for no end. Passes end by their duration. */
      expiresAt: Moment | null;
    }
  | { type: "revoke"; entitlementId: string }
  | { type: "adjust"; entitlementId: string; how: "add" | "remove" | "set"; units: number }
  | { type: "lift_hold"; entitlementId: string; causeId: string };

/** The trigger outside the ledger that caused the entry. */
export type Cause =
  | { type: "request"; id: string }
  | { type: "stripe_event"; id: string; eventType: string }
  /** A read from Stripe that an event, a sweep, a review or an operator started. `because` says which. */
  | { type: "stripe_read"; id: string; because: string }
  /**
   * `action` is what an undo reverses; `null` for an undo. `undoes` is the sequence of the entry it reverses.
   */
  | { type: "operator"; actorName: string; action: ManualAction | null; undoes: number | null }
  | { type: "clock" };

/** The record of one answered request. A repeated request gets an identical reply from it. */
export interface IdempotencyRecord {
  endpoint: IdempotentOperation;
  key: string;
  requestHash: string;
  reply: { consumed: number; usageRemaining: number };
}

/** An entry that a decision proposes. The subject object adds sequence, time and hash. */
export interface EntryDraft {
  operation: Operation;
  touched: TouchedEntitlement[];
  /** Records of Stripe objects, as they are after the entry. */
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
  /** Never earlier than the previous entry. */
  at: Moment;
}

/** All entitlements of one subject, by id. */
export type Entitlements = ReadonlyMap<string, Entitlement>;

/** The state that a ledger folds to. */
export interface SubjectState {
  entitlements: Entitlements;
  /** Records of Stripe objects, by the object's id. */
  records: ReadonlyMap<string, StripeRecord>;
}

export const emptyState: SubjectState = { entitlements: new Map(), records: new Map() };

/** Applies one entry to the state it follows: touched entitlements and records replace earlier versions. */
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

/** Checks `entry` as the successor of `before`. Returns one message per violation; empty when valid. */
export function findEntryErrors(before: SubjectState, entry: LedgerEntry): string[] {
  const errors: string[] = [];
  for (const touched of entry.touched) {
    const { entitlement } = touched;
    const id = entitlement.entitlementId;
    const previous = before.entitlements.get(id)?.unitsRemaining ?? 0;
    const now = entitlement.unitsRemaining ?? 0;
    const change = unitsMoved(touched);
    if (previous + change !== now)
      errors.push(`${id}: ${previous} units with a change of ${change} is not ${now}`);
    if (now < 0) errors.push(`${id}: ${now} units remaining, below zero`);
    if (!Number.isSafeInteger(change)) errors.push(`${id}: the change is not a safe integer`);
  }
  return errors;
}
