import { describe, expect, it } from "vitest";
import {
  getRemainingScheduleMs,
  getRetryDelayMs,
  maxScheduledAttempts,
  parseRetryAfter,
} from "./retry-schedule.ts";

const plain = { retryAfterMs: null, random: 0.5 };
const hour = 3_600_000;

describe("retry schedule", () => {
  it("pauseAfterFailure() schedules 10 attempts over about 56 hours", () => {
    const pauses = Array.from({ length: maxScheduledAttempts }, (_, n) => getRetryDelayMs(n + 1, plain));
    const [s, m] = [1_000, 60_000];
    expect(pauses).toEqual([
      5 * s,
      m,
      5 * m,
      30 * m,
      2 * hour,
      5 * hour,
      10 * hour,
      14 * hour,
      24 * hour,
      null,
    ]);
    expect(pauses.reduce<number>((sum, pause) => sum + (pause ?? 0), 0) / hour).toBeCloseTo(55.6, 1);
  });

  it("pauseAfterFailure() spreads each pause by up to 20 % in either direction", () => {
    expect(getRetryDelayMs(2, { ...plain, random: 0 })).toBe(48_000);
    expect(getRetryDelayMs(2, { ...plain, random: 1 })).toBe(72_000);
  });

  it("pauseAfterFailure() respects a Retry-After of up to 24 hours and never shortens the pause", () => {
    expect(getRetryDelayMs(1, { ...plain, retryAfterMs: 90_000 })).toBe(90_000);
    expect(getRetryDelayMs(1, { ...plain, retryAfterMs: 24 * hour })).toBe(24 * hour);
    expect(getRetryDelayMs(1, { ...plain, retryAfterMs: 48 * hour })).toBe(24 * hour);
    expect(getRetryDelayMs(3, { ...plain, retryAfterMs: 1_000 })).toBe(300_000);
    expect(getRetryDelayMs(10, { ...plain, retryAfterMs: 1_000 })).toBeNull();
  });

  it("parseRetryAfter() takes a number that is too large as the longest pause", () => {
    for (const header of ["86401", "99999999999", "9".repeat(400)])
      expect(parseRetryAfter(header, 0), header).toBe(24 * hour);
  });

  it("parseRetryAfter() accepts seconds or an HTTP date, and returns null for anything else", () => {
    const now = Date.parse("2026-04-01T00:00:00Z");
    expect(parseRetryAfter("120", now)).toBe(120_000);
    expect(parseRetryAfter(" 86400 ", now)).toBe(24 * hour);
    for (const date of [
      "Wed, 01 Apr 2026 01:00:00 GMT",
      "Wednesday, 01-Apr-26 01:00:00 GMT",
      "Wed Apr  1 01:00:00 2026",
    ])
      expect(parseRetryAfter(date, now), date).toBe(hour);
    expect(parseRetryAfter("Fri, 31 Dec 9999 23:59:59 GMT", now)).toBe(24 * hour);
    for (const header of [
      null,
      "",
      "-1",
      "1.5",
      "soon",
      "Tue, 31 Mar 2026 23:00:00 GMT",
      "0x10",
      "1e1",
      "+5",
      "2026-04-02",
      "Thu, 31 Apr 2026 01:00:00 GMT",
      "Wed, 01 Apr 2026 24:00:00 GMT",
      "Wed, 01 Apr 2026 01:00:00",
      "Wed, 01 Apr 2026 01:00:00 +0200",
      "Wednesday, 01-Apr-26 01:00:00",
      "Wednesday, 01-Apr-85 01:00:00 GMT",
      "Wed Apr  1 01:00:00 2026 GMT",
    ])
      expect(parseRetryAfter(header, now), String(header)).toBeNull();
  });

  it("getRemainingScheduleMs() is the sum of the delays after the next attempt", () => {
    for (let attempts = 0; attempts < maxScheduledAttempts; attempts++) {
      let sum = 0;
      for (let failures = attempts + 1; failures < maxScheduledAttempts; failures++)
        sum += getRetryDelayMs(failures, { retryAfterMs: null, random: 0.5 }) ?? Number.NaN;
      expect(getRemainingScheduleMs(attempts)).toBe(sum);
    }
    expect(getRemainingScheduleMs(maxScheduledAttempts)).toBe(0);
  });
});
