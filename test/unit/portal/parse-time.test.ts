import { describe, expect, it } from "vitest";
import { parseUtcDay, parseUtcTime } from "../../../workers/portal/http/parse-time.ts";

describe("parseUtcDay", () => {
  it("parses a day of the calendar", () => {
    expect(parseUtcDay("2026-11-24")).toBe(Date.UTC(2026, 10, 24));
    expect(parseUtcDay("2028-02-29")).toBe(Date.UTC(2028, 1, 29));
  });

  it.each(["2027-02-30", "2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "2027-01-00"])(
    "refuses %s, a day that does not exist, instead of moving it to another",
    (day) => {
      expect(parseUtcDay(day)).toBeNull();
      expect(parseUtcTime(`${day}T10:00`)).toBeNull();
    },
  );

  it.each(["", "2027-2-3", "27-02-03", "+275760-09-13", "-000001-01-01", "0001-01-01", "2027-02-03Z"])(
    "refuses %j, which is no day as people write it",
    (day) => expect(parseUtcDay(day)).toBeNull(),
  );
});

describe("parseUtcTime", () => {
  it("parses a time to the minute, second or millisecond", () => {
    expect(parseUtcTime("2026-11-24T11:30")).toBe(Date.UTC(2026, 10, 24, 11, 30));
    expect(parseUtcTime("2026-11-24T11:30:15")).toBe(Date.UTC(2026, 10, 24, 11, 30, 15));
    expect(parseUtcTime("2026-11-24T11:30:15.25")).toBe(Date.UTC(2026, 10, 24, 11, 30, 15, 250));
  });

  it.each([
    "2026-11-24T24:00",
    "2026-11-24T11:60",
    "2026-11-24T11:30:60",
    "2026-11-24 11:30",
    "2026-11-24T1:30",
  ])("refuses %s, a time that does not exist or has another form", (time) =>
    expect(parseUtcTime(time)).toBeNull(),
  );
});
