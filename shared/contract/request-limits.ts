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
export const checkoutsPerHour: Record<Mode, Record<"subject" | "key" | "project", number>> = {
  test: { subject: 60, key: 200, project: 250 },
  live: { subject: 60, key: 8_000, project: 10_000 },
};
