import { describe, expect, it } from "vitest";
import { deliveryStates } from "../../../shared/contract/enums.ts";
import { parseDeliveryFilter, statusLabels } from "../../../workers/portal/pages/webhooks/filter.ts";

describe("delivery filter", () => {
  it("readFilter() limits every offered state and group, each with its own label, to existing states", () => {
    const offered = Object.keys(statusLabels);
    expect(offered).toEqual(["open", "trouble", ...deliveryStates]);
    expect(new Set(Object.values(statusLabels)).size).toBe(offered.length);
    for (const status of offered) {
      const { states } = parseDeliveryFilter({ status }).filter;
      expect(states?.length, status).toBeGreaterThan(0);
      expect(deliveryStates).toEqual(expect.arrayContaining(states ?? []));
    }
    expect(parseDeliveryFilter({ status: "open" }).filter.states).toEqual(["pending", "failed"]);
    expect(parseDeliveryFilter({ status: "trouble" }).filter.states).toEqual(["failed", "dead"]);
  });

  it("readFilter() ignores malformed and unknown values, and keeps the known fields in the form", () => {
    const given = { status: "bogus", http: "9", since: "yesterday", unknown: "x" };
    expect(parseDeliveryFilter(given)).toEqual({
      filter: {},
      values: { status: "bogus", http: "9", since: "yesterday" },
    });
  });
});
