import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import { dayMs } from "./entitlement.ts";
import { recomputePassWindows } from "./pass-windows.ts";

const pass = (id: string, paidAt: number, durationDays: number, canceled = false) =>
  entitlement({
    kind: "time_pass",
    entitlementId: id,
    paidAt,
    durationDays,
    status: canceled ? "canceled" : "active",
  });

const passes = fc
  .uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      paidAt: fc.integer({ min: 0, max: 20 * dayMs }),
      days: fc.integer({ min: 1, max: 5 }),
      canceled: fc.boolean(),
    }),
    { selector: ({ id }) => id, maxLength: 8 },
  )
  .map((list) => list.map(({ id, paidAt, days, canceled }) => pass(id, paidAt, days, canceled)));

describe("withPassWindows", () => {
  it("withPassWindows() never overlaps windows, loses paid time or starts a pass before its payment", () => {
    fc.assert(
      fc.property(passes, (list) => {
        const windows = recomputePassWindows(list, 0);
        let end = Number.NEGATIVE_INFINITY;
        for (const { startsAt, expiresAt, paidAt, durationDays } of windows) {
          expect(startsAt).toBe(Math.max(paidAt, end));
          expect((expiresAt ?? 0) - (startsAt ?? 0)).toBe((durationDays ?? 0) * dayMs);
          end = expiresAt ?? 0;
        }
        expect(windows.length).toBe(list.filter(({ status }) => status !== "canceled").length);
      }),
    );
  });

  it("withPassWindows() returns the same windows when passes arrive in any order or have windows", () => {
    fc.assert(
      fc.property(passes, fc.integer(), (list, seed) => {
        const known = recomputePassWindows(list, 0);
        const shuffled = list
          .map((each, index) => ({ each, rank: Math.imul(seed ^ index, 2654435761) >>> 0 }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ each }) => known.find(({ entitlementId }) => entitlementId === each.entitlementId) ?? each);
        expect(recomputePassWindows(shuffled, 0)).toEqual(known);
      }),
    );
  });

  it("withPassWindows() moves later passes forward when an earlier one is canceled", () => {
    const [, second] = recomputePassWindows([pass("a", 0, 1), pass("b", 10, 1)], 0);
    expect(second?.startsAt).toBe(dayMs);
    const [alone] = recomputePassWindows([pass("a", 0, 1, true), ...(second ? [second] : [])], 5);
    expect(alone).toMatchObject({ startsAt: 10, expiresAt: 10 + dayMs, updatedAt: 5 });
  });
});
