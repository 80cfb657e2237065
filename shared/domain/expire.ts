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
      entitlement: {
        ...entitlement,
        status: "expired",
        unitsRemaining: left === null ? null : 0,
        updatedAt: now,
      },
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
