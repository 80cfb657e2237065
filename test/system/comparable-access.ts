import type { CustomerAccess } from "./stripe-world.ts";

/**
 * Drops IDs and write times, and converts times to hours since the first entitlement began, because the
 * projects act one after another.
 */
export function comparable({ entitlements, has_access, status, reason, usage_remaining }: CustomerAccess) {
  const time = (value: unknown) => (typeof value === "string" ? Date.parse(value) : null);
  const start = Math.min(...entitlements.map((each) => time(each["starts_at"]) ?? Number.POSITIVE_INFINITY));
  const hours = (value: unknown) => {
    const at = time(value);
    return at === null ? null : Math.round((at - start) / 3_600_000);
  };
  const shown = entitlements.map((each) => ({
    product: each["product_code"],
    status: each["status"],
    available: each["available"],
    reason: each["unavailable_reason"],
    remaining: each["usage_remaining"],
    cancelAtPeriodEnd: each["cancel_at_period_end"],
    starts: hours(each["starts_at"]),
    periodEnd: hours(each["current_period_end"]),
    expires: hours(each["expires_at"]),
    canceled: hours(each["canceled_at"]),
  }));
  return {
    has_access,
    status,
    reason,
    usage_remaining,
    entitlements: shown.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  };
}
