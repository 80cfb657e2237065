import { describe, expect, test } from "vitest";
import { periodEnd } from "../../../dev/pocket-stripe/billing/period.ts";

const seconds = (date: string) => Date.parse(date) / 1000;

describe("periodEnd", () => {
  test.each([
    ["2026-01-31T10:00Z", "2026-01-31T10:00Z", "month", 1, "2026-02-28T10:00Z"],
    ["2026-01-31T10:00Z", "2026-02-28T10:00Z", "month", 1, "2026-03-31T10:00Z"],
    ["2026-01-15T10:00Z", "2026-12-15T10:00Z", "month", 1, "2027-01-15T10:00Z"],
    ["2026-01-31T10:00Z", "2026-01-31T10:00Z", "month", 3, "2026-04-30T10:00Z"],
    ["2024-02-29T00:00Z", "2024-02-29T00:00Z", "year", 1, "2025-02-28T00:00Z"],
    ["2024-02-29T00:00Z", "2027-02-28T00:00Z", "year", 1, "2028-02-29T00:00Z"],
    ["2026-01-01T00:00Z", "2026-03-01T00:00Z", "week", 2, "2026-03-15T00:00Z"],
    ["2026-01-01T00:00Z", "2026-03-01T00:00Z", "day", 1, "2026-03-02T00:00Z"],
  ])(
    "periodEnd() anchored at %s ends a period from %s by %s × %i at %s",
    (anchor, start, interval, count, end) => {
      expect(periodEnd(seconds(anchor), seconds(start), { interval, interval_count: count })).toBe(
        seconds(end),
      );
    },
  );
});
