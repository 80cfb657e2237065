import type { Kind } from "../contract/words.ts";
import { statusAt } from "./availability.ts";
import { settleOneTime } from "./derive-one-time.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import {
  type EntryDraft,
  type LedgerEntry,
  type Operation,
  type SubjectState,
  type Touched,
  unitsMoved,
} from "./ledger.ts";
import { newEntitlement } from "./new-entitlement.ts";
import { type EntitlementIdOf, restoreTouched, revokeTouched } from "./revoke.ts";

/** What an operator does to a subject's rights by hand (spec page 4). */
export type ManualAction =
  | {
      type: "grant";
      productCode: string;
      kind: Kind;
      /** Usage packs: how many. */
      units: number | null;
      /** Time passes: how long; it queues behind the passes that the subject has. */
      durationDays: number | null;
      /** When a subscription or pack ends; `null` for never. Passes end by their duration. */
      expiresAt: Moment | null;
    }
  | { type: "revoke"; entitlementId: string }
  | { type: "adjust"; entitlementId: string; how: "add" | "remove" | "set"; units: number }
  | { type: "lift_hold"; entitlementId: string; causeId: string };

/** The compensating entry for an earlier action. `entry` is what the ledger says was done. */
export interface UndoAction {
  type: "undo";
  entry: LedgerEntry;
}

export type ManualRefusal =
  | "no_such_entitlement"
  | "no_such_hold"
  | "already_lifted"
  | "already_ended"
  | "ends_in_the_past"
  | "not_a_pack"
  /** More would be taken than there is. */
  | "not_enough_units"
  /** Beyond what is counted exactly. */
  | "too_many_units"
  | "nothing_to_change"
  | "not_undoable";

export type ManualDecision =
  | { outcome: "refused"; code: ManualRefusal; unitsRemaining: number | null }
  | { outcome: "change"; operation: Operation; touched: Touched[] };

export interface ManualContext {
  entitlementIdOf: EntitlementIdOf;
  /** Of the action: the same one sent twice makes one entitlement. */
  actionId: string;
}

const refused = (code: ManualRefusal, unitsRemaining: number | null = null): ManualDecision => ({
  outcome: "refused",
  code,
  unitsRemaining,
});

/** What the action changes, or why it can't. Pure: preview and application are this same function. */
export function decideManual(
  state: SubjectState,
  action: ManualAction | UndoAction,
  context: ManualContext,
  now: Moment,
): ManualDecision {
  const decision = decide(state, action, context, now);
  return decision.outcome === "change" && decision.touched.length === 0
    ? refused("nothing_to_change")
    : decision;
}

function decide(
  state: SubjectState,
  action: ManualAction | UndoAction,
  context: ManualContext,
  now: Moment,
): ManualDecision {
  switch (action.type) {
    case "grant":
      return decideGrant(state, action, context, now);
    case "undo":
      return decideUndo(state, action, context, now);
    case "revoke":
    case "adjust":
    case "lift_hold": {
      const entitlement = state.entitlements.get(action.entitlementId);
      if (entitlement === undefined) return refused("no_such_entitlement");
      if (action.type === "revoke") return decideRevoke(state, entitlement, "manual_revoke", context, now);
      if (action.type === "lift_hold") return decideLift(entitlement, action.causeId, now);
      return decideAdjust(entitlement, changeOf(action, entitlement), "manual_adjustment", now);
    }
  }
}

function decideGrant(
  state: SubjectState,
  action: Extract<ManualAction, { type: "grant" }>,
  { entitlementIdOf, actionId }: ManualContext,
  now: Moment,
): ManualDecision {
  const { kind, productCode, units, durationDays, expiresAt } = action;
  if (expiresAt !== null && expiresAt <= now) return refused("ends_in_the_past");
  const entitlement = newEntitlement(
    {
      entitlementId: entitlementIdOf(actionId),
      kind,
      productCode,
      source: "portal",
      unitsGranted: units,
      unitsRemaining: units,
      durationDays,
      paidAt: now,
      expiresAt,
      purchase: null,
    },
    now,
  );
  const granted: Touched["units"] = units === null ? [] : [{ movement: "granted", change: units }];
  const touched = settleOneTime(state.entitlements, [{ entitlement, units: granted }], null, now);
  return { outcome: "change", operation: "manual_grant", touched };
}

function decideRevoke(
  state: SubjectState,
  entitlement: Entitlement,
  operation: Operation,
  { entitlementIdOf }: ManualContext,
  now: Moment,
): ManualDecision {
  if (hasEnded(entitlement, now)) return refused("already_ended");
  return { outcome: "change", operation, touched: revokeTouched(state, entitlement, entitlementIdOf, now) };
}

function decideLift(entitlement: Entitlement, causeId: string, now: Moment): ManualDecision {
  const hold = entitlement.holds.find((held) => held.causeId === causeId);
  if (hold === undefined) return refused("no_such_hold");
  if (hold.liftedAt !== null) return refused("already_lifted");
  return { outcome: "change", operation: "lift_hold", touched: [withHold(entitlement, causeId, now, now)] };
}

function withHold(entitlement: Entitlement, causeId: string, liftedAt: Moment | null, now: Moment): Touched {
  const holds = entitlement.holds.map((held) => (held.causeId === causeId ? { ...held, liftedAt } : held));
  return { entitlement: { ...entitlement, holds, updatedAt: now }, units: [] };
}

function changeOf(
  action: Extract<ManualAction, { type: "adjust" }>,
  { unitsRemaining }: Entitlement,
): number {
  switch (action.how) {
    case "add":
      return action.units;
    case "remove":
      return -action.units;
    case "set":
      return action.units - (unitsRemaining ?? 0);
  }
}

function decideAdjust(
  entitlement: Entitlement,
  change: number,
  operation: Operation,
  now: Moment,
): ManualDecision {
  const { kind, unitsRemaining } = entitlement;
  if (kind !== "usage_pack" || unitsRemaining === null) return refused("not_a_pack");
  if (hasEnded(entitlement, now)) return refused("already_ended");
  const after = unitsRemaining + change;
  if (after < 0) return refused("not_enough_units", unitsRemaining);
  if (!Number.isSafeInteger(after)) return refused("too_many_units", unitsRemaining);
  if (change === 0) return refused("nothing_to_change");
  const adjusted = { ...entitlement, unitsRemaining: after, updatedAt: now };
  return {
    outcome: "change",
    operation,
    touched: [{ entitlement: adjusted, units: [{ movement: "adjusted", change }] }],
  };
}

function decideUndo(
  state: SubjectState,
  { entry }: UndoAction,
  context: ManualContext,
  now: Moment,
): ManualDecision {
  const action = entry.cause.type === "operator" ? entry.cause.action : null;
  if (action === null) return refused("not_undoable");
  const entitlementId = action.type === "grant" ? grantedIn(entry) : action.entitlementId;
  const entitlement = state.entitlements.get(entitlementId);
  if (entitlement === undefined) return refused("no_such_entitlement");
  switch (action.type) {
    case "grant":
      return decideRevoke(state, entitlement, "undo", context, now);
    case "revoke": {
      if (!entitlement.revocation) return refused("nothing_to_change");
      const touched = restoreTouched(state, entitlement, context.entitlementIdOf, now);
      return { outcome: "change", operation: "undo", touched };
    }
    case "adjust": {
      const moved = entry.touched.reduce((sum, touched) => sum + unitsMoved(touched), 0);
      return decideAdjust(entitlement, -moved, "undo", now);
    }
    case "lift_hold": {
      const isLifted = entitlement.holds.some(
        ({ causeId, liftedAt }) => causeId === action.causeId && liftedAt !== null,
      );
      // Stripe resolved it meanwhile: there is nothing that could be held again.
      if (!isLifted) return refused("no_such_hold");
      return {
        outcome: "change",
        operation: "undo",
        touched: [withHold(entitlement, action.causeId, null, now)],
      };
    }
  }
}

/** A grant touches the new right, and passes that it moved: only the new one was made in that entry. */
function grantedIn(entry: LedgerEntry): string {
  const made = entry.touched.find(({ entitlement }) => entitlement.createdAt === entry.at);
  return made?.entitlement.entitlementId ?? "";
}

const hasEnded = (entitlement: Entitlement, now: Moment) =>
  ["canceled", "expired"].includes(statusAt(entitlement, now));

/** The ledger entry that the action makes. */
export function manualDraft(
  { operation, touched }: Extract<ManualDecision, { outcome: "change" }>,
  by: Pick<EntryDraft, "reason" | "actor" | "cause" | "idempotency">,
): EntryDraft {
  return { operation, touched, records: [], source: "portal", ...by };
}
