import { statusAt } from "./availability.ts";
import type { Moment } from "./entitlement.ts";
import type { SubjectState, Touched } from "./ledger.ts";
import type { ManualAction, UndoAction } from "./manual-action.ts";

/**
 * What a preview rests on: status, ends and holds of what the action touches, and the balance only where the action names
 * one to set. A customer who is consuming meanwhile does not change it.
 */
export function fingerprintOf(
  state: SubjectState,
  action: ManualAction | UndoAction,
  touched: Touched[],
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
      entitlement.revocation,
      entitlement.holds.map(({ causeId, liftedAt }) => [causeId, liftedAt]),
      isSet ? entitlement.unitsRemaining : null,
    ]),
  );
}
