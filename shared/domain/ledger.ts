import type { IdempotentEndpoint } from "../contract/words.ts";
import type { Entitlement, Moment } from "./entitlement.ts";

/** What an entry does; the entry's place in the balance follows from it. */
export type Operation = "grant" | "consume" | "expire";

/** The kinds of movement that a balance adds up from: granted - consumed - expired - clawed back + adjusted. */
export type UnitMovement = "granted" | "consumed" | "expired" | "clawed_back" | "adjusted";

/** An entitlement *as it stands after* the entry, with the units the entry moved (negative when units left). */
export interface Touched {
  entitlement: Entitlement;
  units: { movement: UnitMovement; change: number } | null;
}

export type EntrySource = "runtime" | "stripe" | "portal" | "system";

/** What outside the ledger made the entry happen. */
export type Cause =
  | { type: "request"; id: string }
  | { type: "stripe_event"; id: string; eventType: string }
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

/** Applies one entry to the state it follows: each touched entitlement is replaced by what the entry says it became. */
export function applyEntry(state: Entitlements, entry: Pick<LedgerEntry, "touched">): Entitlements {
  const next = new Map(state);
  for (const { entitlement } of entry.touched) next.set(entitlement.entitlementId, entitlement);
  return next;
}

/** What is wrong with `entry` as the successor of `before`, in words; empty when it follows. */
export function entryFaults(before: Entitlements, entry: LedgerEntry): string[] {
  const faults: string[] = [];
  for (const { entitlement, units } of entry.touched) {
    const id = entitlement.entitlementId;
    const previous = before.get(id)?.unitsRemaining ?? 0;
    const now = entitlement.unitsRemaining ?? 0;
    const change = units?.change ?? 0;
    if (previous + change !== now)
      faults.push(`${id}: ${previous} units and a change of ${change} do not make ${now}`);
    if (now < 0) faults.push(`${id}: ${now} units remain, below zero`);
    if (units !== null && !Number.isSafeInteger(change))
      faults.push(`${id}: the change is not a whole number`);
  }
  return faults;
}
