import type { EntitlementKind, IdempotentOperation } from "../contract/enums.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { applyReservation, heldUnits, type Reservation, type Reservations } from "./reservation.ts";
import type { Notice } from "./signal-settings.ts";
import type { StripeRecord } from "./stripe-record.ts";

/** The kind of change that an entry makes. */
export type Operation =
  | "grant"
  | "consume"
  | "reserve"
  | "settle"
  | "release"
  /** A reservation's time ended. */
  | "lapse"
  /** A settle came too late and found too little balance. */
  | "unfunded"
  /** Units of a consume or settle were given back. */
  | "reverse"
  | "expire"
  | "subscription"
  | "allowance"
  /** The project's settings of signals reached the subject. */
  | "settings"
  | "invoice"
  | "refund"
  | "dispute"
  | "lift_hold"
  | "manual_grant"
  | "manual_revoke"
  | "manual_adjustment"
  | "undo";

/**
 * The operations of the customer's own use, a consume and those on reservations. Their events are built from the
 * entry alone, and only if an endpoint subscribes to them.
 */
export const usageOperations = ["consume", "reserve", "settle", "release", "lapse", "unfunded"] as const;

export function isUsage(operation: Operation): boolean {
  return (usageOperations as readonly Operation[]).includes(operation);
}

/**
 * The movements that add up to a balance: granted - consumed - expired - clawed back - reserved + released +
 * adjusted. What a reverse gives back is `consumed` with a positive change.
 */
export type UnitMovement =
  | "granted"
  | "consumed"
  | "expired"
  | "clawed_back"
  | "reserved"
  | "released"
  | "adjusted";

/** An entitlement as it is *after* the entry, with the units moved. `change` is negative when units left. */
export interface TouchedEntitlement {
  entitlement: Entitlement;
  units: { movement: UnitMovement; change: number }[];
}

/** Returns the units the entry moved, summed over all movements; negative when units left. */
export function unitsMoved({ units }: Pick<TouchedEntitlement, "units">): number {
  return units.reduce((sum, { change }) => sum + change, 0);
}

/** Returns the units that the entry spent of one entitlement; negative where it gives units back. */
export function unitsConsumed({ units }: Pick<TouchedEntitlement, "units">): number {
  return units.reduce((sum, { movement, change }) => (movement === "consumed" ? sum - change : sum), 0);
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
  | { type: "lift_hold"; entitlementId: string; causeId: string }
  | { type: "release_reservation"; reservationId: string };

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
  /** New terms of a product reach its subscribers. `id` is the product's code. */
  | { type: "product_terms"; id: string }
  /** Changed settings of signals reach the project's customers. `id` is their version. */
  | { type: "signal_settings"; id: string }
  | { type: "clock" };

/** The parts of a reply, by the operation. `consumed` is 0 where nothing was spent. */
export interface UsageReply {
  consumed: number;
  usageRemaining: number;
  reservationId?: string;
  reserved?: number;
  expiresAt?: Moment;
  released?: number;
  returned?: number;
  forfeited?: number;
}

/** The record of one answered request. A repeated request gets an identical reply from it. */
export interface IdempotencyRecord {
  endpoint: IdempotentOperation;
  key: string;
  requestHash: string;
  reply: UsageReply;
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
  /** The reservation that the entry opens, changes or closes, as it is after the entry. */
  reservation?: Reservation;
  /** Lapsed reservations that leave the state with this entry. */
  forgotten?: string[];
  /** The consume or settle that the entry gives back. */
  reverses?: { sequence: number; at: Moment };
  /** Set when a lot that was empty has units again, which can change a decision. */
  revives?: true;
  /** The units left in usable packs, where the entry has no reply that says so. */
  usageRemaining?: number;
  /** The signals of balance and ends that the entry caused, after those that time caused since the entry before it. */
  notices?: Notice[];
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
  /** Open and lapsed reservations, by id. */
  reservations: Reservations;
}

export const emptyState: SubjectState = {
  entitlements: new Map(),
  records: new Map(),
  reservations: new Map(),
};

/**
 * Applies one entry to the state it follows: touched entitlements, records and reservations replace earlier
 * versions. A closed reservation leaves the state.
 */
export function applyEntry(
  state: SubjectState,
  entry: Pick<EntryDraft, "touched" | "records" | "reservation" | "forgotten">,
): SubjectState {
  const entitlements = new Map(state.entitlements);
  for (const { entitlement } of entry.touched) entitlements.set(entitlement.entitlementId, entitlement);
  return {
    entitlements,
    records: applyRecords(state.records, entry.records),
    reservations: applyReservation(state.reservations, entry),
  };
}

function applyRecords(before: SubjectState["records"], changed: StripeRecord[]): SubjectState["records"] {
  if (changed.length === 0) return before;
  const records = new Map(before);
  for (const record of changed) records.set(record.recordId, record);
  return records;
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
  return [...errors, ...findHeldErrors(before, entry)];
}

/** Requires that the units which leave lots for a reservation, and come back, are those that it holds more or less. */
function findHeldErrors(before: SubjectState, { touched, reservation }: LedgerEntry): string[] {
  const id = reservation?.reservationId ?? "";
  const moved = new Map<string, number>();
  const add = (lotId: string, units: number) => moved.set(lotId, (moved.get(lotId) ?? 0) + units);
  for (const { entitlement, units } of touched)
    for (const { movement, change } of units)
      if (movement === "reserved" || movement === "released") add(entitlement.entitlementId, change);
  for (const { entitlementId, units } of reservation?.lots ?? []) add(entitlementId, units);
  for (const { entitlementId, units } of before.reservations.get(id)?.lots ?? []) add(entitlementId, -units);
  const errors = [...moved].flatMap(([lotId, sum]) =>
    sum === 0 ? [] : [`${lotId}: the units of ${id} do not match by ${sum}`],
  );
  if (reservation !== undefined && reservation.status !== "open" && heldUnits(reservation) !== 0)
    errors.push(`${id}: it is ${reservation.status} and still holds units`);
  if (reservation?.lots.some(({ units }) => units <= 0)) errors.push(`${id}: it holds no units of a lot`);
  return errors;
}
