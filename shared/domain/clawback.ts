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
    unitsClawedBack: left === null ? null : left + (entitlement.unitsClawedBack ?? 0),
  };
}

/** Claws back the remaining units except `kept` ones. The entitlement stays active. */
export function clawBackAllBut(entitlement: Entitlement, kept: number): Entitlement {
  const left = entitlement.unitsRemaining ?? 0;
  return { ...entitlement, unitsRemaining: kept, unitsClawedBack: left - kept };
}

/** Undoes a claw-back exactly. */
export function returnUnits(entitlement: Entitlement): Entitlement {
  return {
    ...entitlement,
    status: "active",
    statusReason: null,
    canceledAt: null,
    unitsRemaining:
      entitlement.unitsClawedBack === null
        ? entitlement.unitsRemaining
        : (entitlement.unitsRemaining ?? 0) + entitlement.unitsClawedBack,
    unitsClawedBack: null,
  };
}

/** Pairs `after` with the movement of the units that were clawed back or returned since `before`. */
export function recordClawBack(before: Entitlement, after: Entitlement): TouchedEntitlement {
  const change = (after.unitsRemaining ?? 0) - (before.unitsRemaining ?? 0);
  return { entitlement: after, units: change === 0 ? [] : [{ movement: "clawed_back", change }] };
}
