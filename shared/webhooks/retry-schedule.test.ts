import { describe, expect, it } from "vitest";
import { getRetryDelayMs, maxScheduledAttempts, parseRetryAfter } from "./retry-schedule.ts";

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

  it("readRetryAfter() accepts seconds or an HTTP date, and returns null for anything else", () => {
    const now = Date.parse("2026-04-01T00:00:00Z");
    expect(parseRetryAfter("120", now)).toBe(120_000);
    expect(parseRetryAfter(" 86400 ", now)).toBe(24 * hour);
    expect(parseRetryAfter("Wed, 01 Apr 2026 01:00:00 GMT", now)).toBe(hour);
    for (const header of [
      null,
      "",
      "-1",
      "1.5",
      "soon",
      "Tue, 31 Mar 2026 23:00:00 GMT",
      "99999999999",
      "2026-04-02",
    ])
      expect(parseRetryAfter(header, now), String(header)).toBeNull();
  });
});
