import { statusAt } from "./availability.ts";
import { buildEntitlement } from "./build-entitlement.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import {
  type EntryDraft,
  type LedgerEntry,
  type ManualAction,
  type Operation,
  type SubjectState,
  type TouchedEntitlement,
  unitsMoved,
} from "./ledger.ts";
import type { ManualActionDecision, ManualActionRefusal } from "./manual-action-decision.ts";
import { releaseOpen } from "./release.ts";
import { settlePurchases } from "./reverse-purchase.ts";
import { type DeriveEntitlementId, restoreEntitlement, revokeEntitlement } from "./revoke.ts";

/** The compensating action for an earlier one. `entry` is the ledger entry to reverse. */
export interface UndoAction {
  type: "undo";
  entry: LedgerEntry;
}

export interface ManualActionContext {
  deriveEntitlementId: DeriveEntitlementId;
  /** The action's id. An action sent twice creates one entitlement. */
  actionId: string;
}

/** The newest adjustments of a pack that are kept. Stripe reports a reversal at most 30 days late. */
const maxAdjustments = 50;
const refused = (code: ManualActionRefusal, unitsRemaining: number | null = null): ManualActionDecision => ({
  outcome: "refused",
  code,
  unitsRemaining,
});

/** Decides what the action changes, or why it is refused. Pure: preview and application both call it. */
export function decideManualAction(
  state: SubjectState,
  action: ManualAction | UndoAction,
  context: ManualActionContext,
  now: Moment,
): ManualActionDecision {
  const decision = decide(state, action, context, now);
  return decision.outcome === "change" && decision.touched.length === 0 && decision.reservation === undefined
    ? refused("nothing_to_change")
    : decision;
}

function decide(
  state: SubjectState,
  action: ManualAction | UndoAction,
  context: ManualActionContext,
  now: Moment,
): ManualActionDecision {
  switch (action.type) {
    case "grant":
      return decideGrant(state, action, context, now);
    case "undo":
      return decideUndo(state, action, context, now);
    case "release_reservation": {
      const released = releaseOpen(state, action.reservationId, now);
      if (released === null) return refused("no_such_reservation");
      return { outcome: "change", operation: "release", ...released };
    }
    case "revoke":
    case "adjust":
    case "lift_hold": {
      const entitlement = state.entitlements.get(action.entitlementId);
      if (entitlement === undefined) return refused("no_such_entitlement");
      if (action.type === "revoke") return decideRevoke(state, entitlement, "manual_revoke", context, now);
      if (action.type === "lift_hold") return decideLiftHold(entitlement, action.causeId, now);
      return decideAdjust(entitlement, getUnitChange(action, entitlement), "manual_adjustment", now);
    }
  }
}

function decideGrant(
  state: SubjectState,
  action: Extract<ManualAction, { type: "grant" }>,
  { deriveEntitlementId, actionId }: ManualActionContext,
  now: Moment,
): ManualActionDecision {
  const { kind, productCode, units, durationDays, expiresAt } = action;
  if (expiresAt !== null && expiresAt <= now) return refused("ends_in_the_past");
  const entitlement = buildEntitlement(
    {
      entitlementId: deriveEntitlementId(actionId),
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
  const granted: TouchedEntitlement["units"] = units === null ? [] : [{ movement: "granted", change: units }];
  const touched = settlePurchases(state.entitlements, [{ entitlement, units: granted }], null, now);
  return { outcome: "change", operation: "manual_grant", touched };
}

function decideRevoke(
  state: SubjectState,
  entitlement: Entitlement,
  operation: Operation,
  { deriveEntitlementId }: ManualActionContext,
  now: Moment,
): ManualActionDecision {
  if (hasEnded(entitlement, now)) return refused("already_ended");
  return {
    outcome: "change",
    operation,
    touched: revokeEntitlement(state, entitlement, deriveEntitlementId, now),
  };
}

function decideLiftHold(entitlement: Entitlement, causeId: string, now: Moment): ManualActionDecision {
  const hold = entitlement.holds.find((held) => held.causeId === causeId);
  if (hold === undefined) return refused("no_such_hold");
  if (hold.liftedAt !== null) return refused("already_lifted");
  return { outcome: "change", operation: "lift_hold", touched: [withHold(entitlement, causeId, now, now)] };
}

function withHold(
  entitlement: Entitlement,
  causeId: string,
  liftedAt: Moment | null,
  now: Moment,
): TouchedEntitlement {
  const holds = entitlement.holds.map((held) => (held.causeId === causeId ? { ...held, liftedAt } : held));
  return { entitlement: { ...entitlement, holds, updatedAt: now }, units: [] };
}

function getUnitChange(
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
): ManualActionDecision {
  const { kind, unitsRemaining } = entitlement;
  if (kind !== "usage_pack" || unitsRemaining === null) return refused("not_a_pack");
  if (hasEnded(entitlement, now)) return refused("already_ended");
  const after = unitsRemaining + change;
  if (after < 0) return refused("not_enough_units", unitsRemaining);
  if (!Number.isSafeInteger(after)) return refused("too_many_units", unitsRemaining);
  if (change === 0) return refused("nothing_to_change");
  const adjustments = [...(entitlement.adjustments ?? []), { at: now, change }].slice(-maxAdjustments);
  const adjusted = { ...entitlement, unitsRemaining: after, adjustments, updatedAt: now };
  return {
    outcome: "change",
    operation,
    touched: [{ entitlement: adjusted, units: [{ movement: "adjusted", change }] }],
  };
}

function decideUndo(
  state: SubjectState,
  { entry }: UndoAction,
  context: ManualActionContext,
  now: Moment,
): ManualActionDecision {
  const action = entry.cause.type === "operator" ? entry.cause.action : null;
  // A job may have ended since its units were released, so a reservation is not opened again.
  if (action === null || action.type === "release_reservation") return refused("not_undoable");
  const entitlementId = action.type === "grant" ? findGrantedId(entry) : action.entitlementId;
  const entitlement = state.entitlements.get(entitlementId);
  if (entitlement === undefined) return refused("no_such_entitlement");
  return undo(state, entry, action, entitlement, context, now);
}

function undo(
  state: SubjectState,
  entry: LedgerEntry,
  action: Exclude<ManualAction, { type: "release_reservation" }>,
  entitlement: Entitlement,
  context: ManualActionContext,
  now: Moment,
): ManualActionDecision {
  switch (action.type) {
    case "grant":
      return decideRevoke(state, entitlement, "undo", context, now);
    case "revoke": {
      if (!entitlement.revocation) return refused("nothing_to_change");
      const touched = restoreEntitlement(state, entitlement, context.deriveEntitlementId, now);
      return { outcome: "change", operation: "undo", touched };
    }
    case "adjust": {
      const adjustedBy = entry.touched.reduce((sum, touched) => sum + unitsMoved(touched), 0);
      return decideAdjust(entitlement, -adjustedBy, "undo", now);
    }
    case "lift_hold": {
      const isLifted = entitlement.holds.some(
        ({ causeId, liftedAt }) => causeId === action.causeId && liftedAt !== null,
      );
      // Stripe resolved the hold's cause after an operator lifted it, so there is no hold to restore.
      if (!isLifted) return refused("no_such_hold");
      return {
        outcome: "change",
        operation: "undo",
        touched: [withHold(entitlement, action.causeId, null, now)],
      };
    }
  }
}

/**
 * Finds the granted entitlement: the only one that the entry created. A grant also touches passes it moved.
 */
function findGrantedId(entry: LedgerEntry): string {
  const created = entry.touched.find(({ entitlement }) => entitlement.createdAt === entry.at);
  return created?.entitlement.entitlementId ?? "";
}

const hasEnded = (entitlement: Entitlement, now: Moment) =>
  ["canceled", "expired"].includes(statusAt(entitlement, now));

/** Builds the ledger entry of the action. */
export function buildManualEntry(
  { outcome: _, operation, touched, ...more }: Extract<ManualActionDecision, { outcome: "change" }>,
  attribution: Pick<EntryDraft, "reason" | "actor" | "cause" | "idempotency">,
): EntryDraft {
  return { operation, touched, records: [], source: "portal", ...attribution, ...more };
}
