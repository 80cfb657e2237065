import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import type { AllowanceTerms } from "./allowance-terms.ts";
import type { AllowanceWindow, Entitlement } from "./entitlement.ts";
import { findIncludedBlockers } from "./included-availability.ts";
import { findNextAllowance } from "./next-allowance.ts";

const terms: AllowanceTerms = {
  version: 1,
  from: 0,
  units: 1_000,
  every: "month",
  rolloverWindows: 0,
  rolloverMax: null,
  inTrial: null,
};

const window = (start: number, change: Partial<AllowanceWindow> = {}): AllowanceWindow => ({
  lotId: `ent_${start}`,
  start,
  end: start + 100,
  expiresAt: start + 100,
  units: 500,
  rolloverMax: null,
  reversedAt: null,
  disputes: [],
  ...change,
});

const subscription = (change: Partial<Entitlement> = {}) =>
  entitlement({
    kind: "subscription",
    currentPeriodEnd: 200,
    allowance: [window(0), window(100)],
    ...change,
  });

const next = (change: Partial<Entitlement>, now: number, versions = [terms]) =>
  findNextAllowance(subscription(change), () => versions, now);

describe("findNextAllowance", () => {
  it("the next window that is paid comes first, and then the renewal by the terms of its beginning", () => {
    expect(next({}, 50)).toEqual({ at: 100, units: 500, isPaid: true });
    expect(next({}, 150)).toEqual({ at: 200, units: 1_000, isPaid: false });
    expect(next({}, 150, [terms, { ...terms, version: 2, from: 200, units: 7 }])?.units).toBe(7);
    expect(next({ allowance: [window(0), window(100, { reversedAt: 20 })] }, 50)?.at).toBe(200);
  });

  it("a subscription that ends, is blocked, was granted by an operator or includes nothing then has no next one", () => {
    expect(next({ cancelAtPeriodEnd: true }, 150)).toBeNull();
    expect(next({ cancelAtPeriodEnd: true }, 50)?.at).toBe(100);
    expect(next({ status: "paused" }, 50)).toBeNull();
    expect(next({ status: "past_due", graceUntil: 300 }, 150)).toBeNull();
    expect(next({ expiresAt: 900, allowance: [] }, 150)).toBeNull();
    expect(next({}, 150, [])).toBeNull();
    expect(next({}, 150, [{ ...terms, units: 0 }])).toBeNull();
    expect(next({}, 200)).toBeNull();
  });
});

describe("findIncludedBlockers", () => {
  it("included units of a paused subscription are shown as blocked by it, with their own reasons", () => {
    const pack = entitlement({ kind: "usage_pack", entitlementId: "ent_2", includedIn: "ent_1" });
    const blockers = (change: Partial<Entitlement>, units = 10) =>
      findIncludedBlockers({ ...pack, unitsRemaining: units }, [subscription(change)], 50);
    expect(blockers({})).toEqual([]);
    expect(blockers({ status: "paused" })).toEqual(["subscription_paused"]);
    expect(blockers({ status: "paused" }, 0)).toEqual(["usage_exhausted", "subscription_paused"]);
    expect(findIncludedBlockers(pack, [], 50)).toEqual(["no_entitlement"]);
  });
});
