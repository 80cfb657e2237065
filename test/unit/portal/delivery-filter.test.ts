import { describe, expect, it } from "vitest";
import { deliveryStates } from "../../../shared/contract/enums.ts";
import { readFilterFields } from "../../../workers/portal/http/query.ts";
import {
  filterNames,
  parseDeliveryFilter,
  statusLabels,
} from "../../../workers/portal/pages/webhooks/filter.ts";

const parse = (...given: [name: string, value: string][]) =>
  parseDeliveryFilter(readFilterFields(given, filterNames), "UTC");

function statesOf(status: string) {
  const parsed = parse(["status", status]);
  return parsed.outcome === "parsed" ? parsed.filter.states : undefined;
}

describe("delivery filter", () => {
  it("limits every offered state and group, each with its own label, to existing states", () => {
    const offered = Object.keys(statusLabels);
    expect(offered).toEqual(["open", "trouble", ...deliveryStates]);
    expect(new Set(Object.values(statusLabels)).size).toBe(offered.length);
    for (const status of offered) {
      expect(statesOf(status)?.length, status).toBeGreaterThan(0);
      expect(deliveryStates).toEqual(expect.arrayContaining(statesOf(status) ?? []));
    }
    expect(statesOf("open")).toEqual(["pending", "failed"]);
    expect(statesOf("trouble")).toEqual(["failed", "dead"]);
  });

  it("is parsed as a whole, without what is empty", () => {
    expect(parse(["http", " 500 "], ["since", "2026-11-24T11:30"], ["type", ""], ["until", " "])).toEqual({
      outcome: "parsed",
      filter: { httpStatus: 500, since: Date.UTC(2026, 10, 24, 11, 30) },
      values: { http: "500", since: "2026-11-24T11:30" },
      errors: {},
    });
  });

  it.each([
    ["status", "deed"],
    ["status", "__proto__"],
    ["status", "constructor"],
    ["endpoint", "ep_1"],
    ["type", "purchase"],
    ["http", "5xx"],
    ["http", "0x1f4"],
    ["http", "600"],
    ["customer", "."],
    ["since", "2030-01-01"],
    ["since", "2027-02-30T00:00"],
    ["until", "yesterday"],
    ["until", "+275760-09-13T00:00"],
  ])("is refused as a whole when %s is %j", (name, value) => {
    const parsed = parse(["status", "dead"], ["http", "500"], [name, value]);
    expect(parsed.outcome).toBe("invalid");
    expect(parsed).not.toHaveProperty("filter");
    expect(Object.keys(parsed.errors)).toEqual([name]);
  });

  it("takes times in its own zone, and offers both moments of a time that clocks repeat", () => {
    const zone: [string, string] = ["zone", "Europe/Berlin"];
    const since = (text: string, ...more: [string, string][]) => {
      const parsed = parse(zone, ["since", text], ...more);
      return parsed.outcome === "parsed" ? parsed.filter.since : parsed.errors.since;
    };
    expect(since("2026-07-24T11:30")).toBe(Date.UTC(2026, 6, 24, 9, 30));
    expect(since("2026-03-29T02:30")).toMatch(/^02:30 on 29 Mar 2026 does not exist/);
    expect(since("2026-10-25T02:30")).toMatch(/happens twice/);
    expect(since("2026-10-25T02:30", ["since_offset", "+01:00"])).toBe(Date.UTC(2026, 9, 25, 1, 30));
    expect(parse(["zone", "Mars/Olympus"]).errors).toEqual({ "": "Unknown time zone." });
  });

  it("is refused when a filter is unknown or given twice", () => {
    expect(parse(["state", "dead"]).errors).toEqual({ "": "There is no filter named “state”." });
    expect(parse(["http", "500"], ["http", "404"]).errors).toEqual({ http: "Give this filter once." });
  });
});
