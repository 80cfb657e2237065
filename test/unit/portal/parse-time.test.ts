import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatExactTime } from "../../../workers/portal/components/time.tsx";
import {
  parseDay,
  parseEndOfDay,
  parseTime,
  toDayField,
  toTimeField,
} from "../../../workers/portal/time/parse-time.ts";
import { formatOffset, isZone, offsetAt, zoneNames } from "../../../workers/portal/time/zone.ts";

const hourMs = 3_600_000;
const berlin = "Europe/Berlin";
const at = (text: string, zone = "UTC", offset?: string) => {
  const parsed = parseTime(text, zone, offset);
  return parsed.outcome === "time" ? new Date(parsed.at).toISOString() : parsed.error;
};

describe("days", () => {
  it("parses a day of the calendar to its first moment in the zone", () => {
    expect(parseDay("2026-11-24", "UTC")).toBe(Date.UTC(2026, 10, 24));
    expect(parseDay("2028-02-29", "UTC")).toBe(Date.UTC(2028, 1, 29));
    expect(parseDay("2026-11-24", berlin)).toBe(Date.UTC(2026, 10, 23, 23));
    expect(parseEndOfDay("2026-11-24", "America/New_York")).toBe(Date.UTC(2026, 10, 25, 5));
  });

  it.each(["2027-02-30", "2027-02-29", "2027-13-01", "2027-00-10", "2027-04-31", "2027-01-00"])(
    "refuses %s, a day that does not exist, instead of moving it to another",
    (day) => {
      expect(parseDay(day, "UTC")).toBeNull();
      expect(parseTime(`${day}T10:00`, berlin).outcome).toBe("invalid");
    },
  );

  it.each(["", "2027-2-3", "27-02-03", "+275760-09-13", "-000001-01-01", "0001-01-01", "2027-02-03Z"])(
    "refuses %j, which is no day as people write it",
    (day) => expect(parseDay(day, berlin)).toBeNull(),
  );

  it("counts a day of 23 or 25 hours in full, and one that begins at 01:00", () => {
    const lengthOf = (day: string, zone: string) =>
      ((parseEndOfDay(day, zone) ?? 0) - (parseDay(day, zone) ?? 0)) / hourMs;
    expect(lengthOf("2026-03-29", berlin)).toBe(23);
    expect(lengthOf("2026-10-25", berlin)).toBe(25);
    // Clocks in Cairo go from 00:00 to 01:00.
    expect(parseDay("2026-04-24", "Africa/Cairo")).toBe(Date.UTC(2026, 3, 23, 22));
    expect(lengthOf("2026-04-24", "Africa/Cairo")).toBe(23);
    // Samoa skipped a whole day.
    expect(lengthOf("2011-12-30", "Pacific/Apia")).toBe(0);
  });
});

describe("times", () => {
  it("parses a time to the minute, second or millisecond", () => {
    expect(at("2026-11-24T11:30")).toBe("2026-11-24T11:30:00.000Z");
    expect(at("2026-11-24T11:30:15")).toBe("2026-11-24T11:30:15.000Z");
    expect(at("2026-11-24T11:30:15.25", berlin)).toBe("2026-11-24T10:30:15.250Z");
    expect(at("2026-07-24T11:30", "Asia/Kolkata")).toBe("2026-07-24T06:00:00.000Z");
  });

  it.each([
    "2026-11-24T24:00",
    "2026-11-24T11:60",
    "2026-11-24T11:30:60",
    "2026-11-24 11:30",
    "2026-11-24T1:30",
  ])("refuses %s, a time that does not exist or has another form", (time) =>
    expect(parseTime(time, "UTC").outcome).toBe("invalid"),
  );

  it("refuses in words a time that clocks skip in spring", () => {
    expect(at("2026-03-29T01:59", berlin)).toBe("2026-03-29T00:59:00.000Z");
    expect(at("2026-03-29T02:30", berlin)).toBe(
      "02:30 on 29 Mar 2026 does not exist in Europe/Berlin: clocks go from 02:00 to 03:00. Enter another time.",
    );
    expect(at("2026-03-29T03:00", berlin)).toBe("2026-03-29T01:00:00.000Z");
  });

  it("offers both moments of a time that clocks repeat in autumn", () => {
    expect(parseTime("2026-10-25T02:30", berlin)).toEqual({
      outcome: "repeated",
      error:
        "02:30 on 25 Oct 2026 happens twice in Europe/Berlin, because clocks go back. " +
        "Choose UTC+02:00 (the first) or UTC+01:00 (the second).",
      offsets: [2 * hourMs, hourMs],
    });
    expect(at("2026-10-25T02:30", berlin, "+02:00")).toBe("2026-10-25T00:30:00.000Z");
    expect(at("2026-10-25T02:30", berlin, "+01:00")).toBe("2026-10-25T01:30:00.000Z");
    expect(parseTime("2026-10-25T02:30", berlin, "+05:00").outcome).toBe("repeated");
    // An offset that is left over from a repeated time says nothing about another time.
    expect(at("2026-10-25T03:30", berlin, "+02:00")).toBe("2026-10-25T02:30:00.000Z");
  });

  it("every moment that a page shows is parsed back to itself, in every zone", () => {
    const moment = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2060, 0) });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zoneNames), (ms, zone) => {
        const minute = ms - (ms % 60_000);
        // Some zones had offsets with seconds until the 1970s.
        fc.pre(offsetAt(minute, zone) % 60_000 === 0);
        const parsed = parseTime(toTimeField(minute, zone), zone, formatOffset(offsetAt(minute, zone)));
        expect(parsed).toEqual({ outcome: "time", at: minute });
        const start = parseDay(toDayField(minute, zone), zone) ?? Number.NaN;
        expect(start).toBeLessThanOrEqual(minute);
        expect(parseEndOfDay(toDayField(minute, zone), zone)).toBeGreaterThan(minute);
      }),
      { numRuns: 300 },
    );
  });
});

describe("zones", () => {
  it("knows zones by their names only", () => {
    expect(["UTC", berlin, "America/Argentina/Ushuaia", "Etc/GMT+5"].map(isZone)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(["", "CET+1", "+02:00", "Mars/Olympus", "Europe/Berlin<b>", "__proto__", "Z"].map(isZone)).toEqual(
      Array(7).fill(false),
    );
  });

  it("an exact time names the zone as it is at that time", () => {
    expect(formatExactTime(Date.UTC(2026, 2, 29, 0, 59, 59), berlin)).toBe("29 Mar 2026, 01:59:59 CET");
    expect(formatExactTime(Date.UTC(2026, 2, 29, 1), berlin)).toBe("29 Mar 2026, 03:00:00 CEST");
    expect(formatExactTime(Date.UTC(2026, 2, 29, 1))).toBe("29 Mar 2026, 01:00:00 UTC");
  });
});
