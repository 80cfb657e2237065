import type { Mode } from "./enums.ts";

/** The largest body of a request to the API, in bytes. */
export const maxBodyBytes = 16 * 1024;

/**
 * How many new checkouts one customer, one key, and one project and mode may have in an hour. Each is a row
 * in D1, and usually a new customer: without a limit a leaked test key could fill the database that live mode
 * needs. The two modes have separate budgets, because each has its own Keyring, which counts.
 *
 * One key can't use up its project's budget, so another key still opens checkouts while a leaked one is
 * abused. A window is short, because what a revoked key used of it stays counted until it ends.
 */
export const checkoutsPerHour: HourlyLimits = {
  test: { subject: 60, key: 200, project: 250 },
  live: { subject: 60, key: 8_000, project: 10_000 },
};

/**
 * The same for new requests of `access/recovery` and `customer/portal-session`: each is a row in D1 for 30 days, also one for a
 * customer who is unknown. A row is small, and an app may send one for each paywall that it shows.
 */
export const recoveriesPerHour: HourlyLimits = {
  test: { subject: 120, key: 800, project: 1_000 },
  live: { subject: 120, key: 16_000, project: 20_000 },
};

export type HourlyLimits = Record<Mode, Record<"subject" | "key" | "project", number>>;
