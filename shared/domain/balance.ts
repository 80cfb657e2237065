import type { Moment } from "./entitlement.ts";
import type { Entitlements } from "./ledger.ts";
import { findUsablePacks } from "./lots.ts";
import { getLowThreshold, type SignalSettings } from "./signal-settings.ts";

/** The units in usable packs, and the number of units at which that is low. */
export interface Balance {
  remaining: number;
  /**
   * The highest threshold of the usable packs; 0 where none is usable; `null` where no pack has one. The highest, and not
   * their sum: who buys a second pack before the first one is used up has no other threshold than before.
   */
  threshold: number | null;
}

export function weighBalance(entitlements: Entitlements, settings: SignalSettings, now: Moment): Balance {
  let remaining = 0;
  let threshold: number | null = null;
  for (const pack of findUsablePacks(entitlements.values(), now)) {
    remaining += pack.unitsRemaining ?? 0;
    const own = getLowThreshold(settings, pack);
    if (own !== null) threshold = Math.max(threshold ?? 0, own);
  }
  return { remaining, threshold: threshold ?? (hasThreshold(entitlements, settings) ? 0 : null) };
}

function hasThreshold(entitlements: Entitlements, settings: SignalSettings): boolean {
  for (const each of entitlements.values())
    if (each.kind === "usage_pack" && getLowThreshold(settings, each) !== null) return true;
  return false;
}

/** Returns a number of units that no threshold of the packs exceeds, without looking at what blocks them. */
export function findThresholdBound(entitlements: Entitlements, settings: SignalSettings): number {
  let bound = 0;
  for (const each of entitlements.values()) {
    if (each.kind !== "usage_pack" || each.unitsRemaining === 0) continue;
    bound = Math.max(bound, getLowThreshold(settings, each) ?? 0);
  }
  return bound;
}

/**
 * Returns whether the balance is low after a change. It becomes low at its threshold, and recovers when it has grown to
 * more than 10% above it. Units that are spent never make it recover: the threshold falls when a larger pack is used up.
 *
 * A balance of 0 is low only where units left it: a threshold that is set says nothing about customers who had none.
 */
export function isLowAfter(
  wasLow: boolean,
  before: number,
  { remaining, threshold }: Balance,
  { isNewSetting }: { isNewSetting: boolean },
): boolean {
  if (threshold === null) return false;
  if (!wasLow) return remaining <= threshold && (remaining > 0 || before > 0);
  return !(remaining * 10 > threshold * 11 && (remaining > before || isNewSetting));
}
