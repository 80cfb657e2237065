import { statusAt } from "./availability.ts";
import type { UndoAction } from "./decide-manual-action.ts";
import { decideAccess } from "./decision.ts";
import type { Moment } from "./entitlement.ts";
import type { ManualAction, SubjectState, TouchedEntitlement } from "./ledger.ts";
import { getUsageRemaining } from "./lots.ts";

/**
 * Returns the state that a preview depends on, as text: status, dates and holds of the touched
 * entitlements. The balance is included only if the action sets one, so that concurrent consumption does not
 * outdate other previews.
 */
export function serializePreviewState(
  state: SubjectState,
  action: ManualAction | UndoAction,
  touched: TouchedEntitlement[],
  now: Moment,
): string {
  const isSet = action.type === "adjust" && action.how === "set";
  const before = touched
    .flatMap(({ entitlement }) => state.entitlements.get(entitlement.entitlementId) ?? [])
    .toSorted((a, b) => (a.entitlementId < b.entitlementId ? -1 : 1));
  return JSON.stringify(
    before.map((entitlement) => [
      entitlement.entitlementId,
      statusAt(entitlement, now),
      entitlement.statusReason,
      entitlement.startsAt,
      entitlement.expiresAt,
      entitlement.currentPeriodEnd,
      entitlement.graceUntil,
      entitlement.coveredUntil ?? null,
      entitlement.revocation,
      entitlement.holds.map(({ causeId, liftedAt, window }) => [causeId, liftedAt, window]),
      isSet ? entitlement.unitsRemaining : null,
    ]),
  );
}

/**
 * Returns everything that a preview shows, as text: the state above, the decision, the balance and the terms of a grant.
 * An action on many customers applies only while all of it is the same.
 */
export function serializeExactState(
  state: SubjectState,
  action: ManualAction | UndoAction,
  touched: TouchedEntitlement[],
  now: Moment,
): string {
  const decision = decideAccess(state.entitlements.values(), now);
  const terms = action.type === "grant" ? [action.kind, action.units, action.durationDays] : [];
  return JSON.stringify([
    serializePreviewState(state, action, touched, now),
    decision.allowed ? null : decision.reason,
    getUsageRemaining(state.entitlements.values(), now),
    terms,
  ]);
}
