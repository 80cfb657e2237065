import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import { dayMs, type Entitlement } from "./entitlement.ts";
import { type FlipStart, findFlips } from "./flips.ts";

const nothing: FlipStart = { entitlements: new Map(), sequence: 0, at: 0 };

const pass = (startsAt: number, expiresAt: number): Entitlement => ({
  ...entitlement({ kind: "time_pass" }),
  startsAt,
  expiresAt,
});
const entry = (sequence: number, at: number, after: Entitlement) => ({
  sequence,
  at,
  touched: [{ entitlement: after, units: [] }],
});

describe("findFlips", () => {
  it("access that ended by time is lost when it ended, not when the late alarm recorded it", () => {
    const expired = { ...pass(10, 20), status: "expired" as const };
    const flips = findFlips(nothing, [entry(1, 10, pass(10, 20)), entry(2, 90, expired)], 100);
    expect(flips).toMatchObject([
      { at: 10, sequence: 1, cause: { type: "entry", sequence: 1 }, after: { allowed: true } },
      {
        at: 20,
        sequence: 1,
        cause: { type: "clock", entitlementId: "ent_1", change: "expired" },
        before: { allowed: true, entitlementId: "ent_1" },
        after: { allowed: false, reason: "time_pass_expired", entitlementId: "ent_1" },
      },
    ]);
  });

  it("access that a second entitlement continues is not lost in between", () => {
    const next = { ...pass(20, 30), entitlementId: "ent_2" };
    const flips = findFlips(nothing, [entry(1, 10, pass(10, 20)), entry(2, 11, next)], 100);
    expect(flips.map(({ at }) => at)).toEqual([10, 30]);
    expect(flips[1]?.cause).toMatchObject({ entitlementId: "ent_2" });
  });

  it("a payment in the millisecond of the end is a second flip, after that by the clock", () => {
    const flips = findFlips(nothing, [entry(1, 10, pass(10, 20)), entry(2, 20, pass(10, 40))], 30);
    expect(flips.map(({ at, sequence, cause }) => [at, sequence, cause.type])).toEqual([
      [10, 1, "entry"],
      [20, 1, "clock"],
      [20, 2, "entry"],
    ]);
  });

  it("a change after the end of the window is not a flip yet", () => {
    expect(findFlips(nothing, [entry(1, 10, pass(10, 20))], 19)).toHaveLength(1);
    expect(findFlips(nothing, [entry(1, 10, pass(10, 20))], 20)).toHaveLength(2);
  });

  it("an entry costs the same at 30 and at 300 other entitlements", () => {
    expect(readsPerEntry(300)).toBe(readsPerEntry(30));
  });
});

/** Counts how often an entry of one customer with `others` makes the rule read an entitlement. */
function readsPerEntry(others: number): number {
  let reads = 0;
  const counted = (entitlementId: string): Entitlement => {
    const base = { ...pass(0, 9_000 * dayMs), entitlementId };
    const get = () => {
      reads++;
      return "active";
    };
    return Object.defineProperty(base, "status", { get });
  };
  const entitlements = new Map(
    Array.from({ length: others }, (_, index) => [`ent_${index}`, counted(`ent_${index}`)]),
  );
  const entries = Array.from({ length: 1_000 }, (_, index) => entry(index + 1, index, counted("ent_0")));
  const start = { entitlements, sequence: 0, at: 0 };
  findFlips(start, [], 0);
  const readsAtStart = reads;
  reads = 0;
  findFlips(start, entries, 1_000);
  return (reads - readsAtStart) / entries.length;
}
