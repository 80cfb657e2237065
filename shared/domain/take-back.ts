import type { Entitlement, Moment } from "./entitlement.ts";
import type { Touched } from "./ledger.ts";

/** Ends a right that was given, with the units that are left of it: what was spent stays spent. */
export function takeBack(
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

/** Undoes `takeBack` exactly. */
export function giveBack(entitlement: Entitlement): Entitlement {
  return {
    ...entitlement,
    status: "active",
    statusReason: null,
    canceledAt: null,
    unitsRemaining: entitlement.unitsClawedBack,
    unitsClawedBack: null,
  };
}

/** `after` with the movement of the units that were taken or given back. */
export function withClawBack(before: Entitlement, after: Entitlement): Touched {
  const change = (after.unitsRemaining ?? 0) - (before.unitsRemaining ?? 0);
  return { entitlement: after, units: change === 0 ? [] : [{ movement: "clawed_back", change }] };
}
