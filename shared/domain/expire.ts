import { hasExpired } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { Entitlements, EntryDraft, TouchedEntitlement } from "./ledger.ts";

function isOpen(entitlement: Entitlement): boolean {
  return entitlement.status !== "canceled" && entitlement.status !== "expired";
}

/**
 * Records every entitlement that expired by `now`; `null` when none did. Access already ended at `expiresAt`.
 */
export function decideExpire(state: Entitlements, now: Moment): EntryDraft | null {
  const touched: TouchedEntitlement[] = [];
  for (const entitlement of state.values()) {
    if (!isOpen(entitlement) || !hasExpired(entitlement, now)) continue;
    const left = entitlement.unitsRemaining;
    touched.push({
      entitlement: { ...expireUnits(entitlement), status: "expired", updatedAt: now },
      units: left ? [{ movement: "expired", change: -left }] : [],
    });
  }
  if (touched.length === 0) return null;
  return {
    operation: "expire",
    touched,
    records: [],
    source: "system",
    reason: "expired",
    actor: null,
    idempotency: null,
    cause: { type: "clock" },
  };
}

/** Returns the earlier of two moments; `null` if there is none. */
export function earliest(a: Moment | null, b: Moment | null): Moment | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Returns the next moment at which `decideExpire` records an expiry, or `null`. */
export function findNextExpiry(state: Entitlements): Moment | null {
  let next: Moment | null = null;
  for (const entitlement of state.values()) {
    if (entitlement.expiresAt === null || !isOpen(entitlement)) continue;
    if (next === null || entitlement.expiresAt < next) next = entitlement.expiresAt;
  }
  return next;
}

/** Takes the remaining units, and keeps their number. */
export function expireUnits(entitlement: Entitlement): Entitlement {
  const { unitsRemaining: left, unitsExpired = 0 } = entitlement;
  return left ? { ...entitlement, unitsRemaining: 0, unitsExpired: unitsExpired + left } : entitlement;
}

/** Undoes an expiry exactly. Entries older than `unitsExpired` don't say how many units there were. */
export function undoExpiry(entitlement: Entitlement): Entitlement {
  const { unitsExpired = 0, ...rest } = entitlement;
  const { status, unitsRemaining, unitsClawedBack } = rest;
  // A canceled pack returns its units once the cancelation is undone.
  if (status === "canceled")
    return unitsExpired === 0 ? rest : { ...rest, unitsClawedBack: (unitsClawedBack ?? 0) + unitsExpired };
  const returned = unitsExpired === 0 ? unitsRemaining : (unitsRemaining ?? 0) + unitsExpired;
  return { ...rest, status: status === "expired" ? "active" : status, unitsRemaining: returned };
}
