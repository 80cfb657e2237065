import { modes } from "../../../shared/contract/enums.ts";
import { maxBulkCustomers } from "../../../shared/contract/operations/bulk-jobs.ts";
import {
  defaultRateLimit,
  rateLimitPeriodSeconds,
  rateLimits,
} from "../../../shared/contract/rate-limits.ts";
import {
  checkoutsPerHour,
  type HourlyLimits,
  maxBodyBytes,
  recoveriesPerHour,
} from "../../../shared/contract/request-limits.ts";
import { maxRequestUnits } from "../../../shared/contract/usage.ts";
import { maxOpenReservations } from "../../../shared/domain/reservation.ts";
import { maxScheduledAttempts } from "../../../shared/webhooks/retry-schedule.ts";
import { table } from "../text.ts";

const number = (value: number) => value.toLocaleString("en");

export function rateLimitTable(): string {
  const steps = rateLimits.map(number).join(", ");
  return table(
    ["Limit", "Value"],
    [
      ["Requests per key", `${number(defaultRateLimit)} in ${rateLimitPeriodSeconds} s by default`],
      ["Values that an admin can choose", `${steps} in ${rateLimitPeriodSeconds} s`],
    ],
  );
}

export function checkoutLimitTable(): string {
  const scopes = { subject: "one customer", key: "one key", project: "one project" } as const;
  const rowsOf = (what: string, limits: HourlyLimits) =>
    (Object.keys(scopes) as (keyof typeof scopes)[]).map((scope) => [
      `${what} of ${scopes[scope]} in an hour`,
      ...modes.map((mode) => number(limits[mode][scope])),
    ]);
  const rows = [
    ...rowsOf("New checkouts", checkoutsPerHour),
    ...rowsOf("New recovery and portal requests", recoveriesPerHour),
  ];
  return table(["Limit", "Test mode", "Live mode"], rows);
}

export function sizeLimitTable(): string {
  return table(
    ["Limit", "Value"],
    [
      ["Request body", `${number(maxBodyBytes)} bytes`],
      ["`subject_ref`", "1-255 bytes of UTF-8"],
      ["`Idempotency-Key`", "1-255 visible ASCII characters"],
      ["`units` of one request", `1 to ${number(maxRequestUnits)}`],
      ["Open reservations of one customer", number(maxOpenReservations)],
      ["`metadata` of a checkout", "20 keys of 40 characters, values of 500 characters"],
      ["Customers of one bulk action", number(maxBulkCustomers)],
      ["Attempts of one webhook delivery", number(maxScheduledAttempts)],
    ],
  );
}
