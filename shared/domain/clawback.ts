import type { Entitlement, Moment } from "./entitlement.ts";
import type { TouchedEntitlement } from "./ledger.ts";

/** Ends a purchased or granted entitlement and claws back its remaining units. Spent units stay spent. */
export function clawBack(
  entitlement: Entitlement,
  statusReason: "refunded" | "revoked",
  canceledAt: Moment,
): Entitlement {
  const left = entitlement.unitsRemaining;
  return {
    ...entitlement,
    status: "canceled",
    statusReason,
    canceledAt,
    unitsRemaining: left === null ? null : 0,
    unitsClawedBack: left,
  };
}

/** Undoes a claw-back exactly. */
export function returnUnits(entitlement: Entitlement): Entitlement {
  return {
    ...entitlement,
    status: "active",
    statusReason: null,
    canceledAt: null,
    unitsRemaining: entitlement.unitsClawedBack,
    unitsClawedBack: null,
  };
}

/** Pairs `after` with the movement of the units that were clawed back or returned since `before`. */
export function recordClawBack(before: Entitlement, after: Entitlement): TouchedEntitlement {
  const change = (after.unitsRemaining ?? 0) - (before.unitsRemaining ?? 0);
  return { entitlement: after, units: change === 0 ? [] : [{ movement: "clawed_back", change }] };
}
