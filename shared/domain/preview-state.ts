import { statusAt } from "./availability.ts";
import type { UndoAction } from "./decide-manual-action.ts";
import type { Moment } from "./entitlement.ts";
import type { ManualAction, SubjectState, TouchedEntitlement } from "./ledger.ts";

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
