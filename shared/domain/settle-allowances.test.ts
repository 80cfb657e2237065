import { expect, it } from "vitest";
import { buildEntitlement } from "./build-entitlement.ts";
import type { AllowanceWindow, Entitlement } from "./entitlement.ts";
import { decideExpire } from "./expire.ts";
import { applyEntry, emptyState } from "./ledger.ts";
import { settleAllowances } from "./settle-allowances.ts";

const window: AllowanceWindow = {
  lotId: "lot_1",
  start: 1_000,
  end: 2_000,
  expiresAt: 2_000,
  units: 50,
  rolloverMax: null,
  reversedAt: null,
  disputes: [],
};

const settle = (state: typeof emptyState, allowance: AllowanceWindow[], now: number) => {
  const subscription = buildEntitlement(
    {
      entitlementId: "ent_1",
      kind: "subscription",
      productCode: "PRO",
      source: "stripe",
      paidAt: 1_000,
      purchase: null,
    },
    now,
  );
  const { entitlements } = applyEntry(state, {
    touched: [{ entitlement: { ...subscription, allowance }, units: [] }],
    records: [],
  });
  return applyEntry(
    { ...state, entitlements },
    { touched: settleAllowances(entitlements, now), records: [] },
  );
};

const unitsOf = ({ unitsGranted, unitsRemaining, unitsClawedBack, unitsExpired = 0 }: Entitlement) => ({
  unitsGranted,
  unitsRemaining,
  unitsClawedBack,
  unitsExpired,
});

it("a lot that expired, was refunded and then lost its window has no units", () => {
  const granted = settle(emptyState, [window], 1_000);
  const expiry = decideExpire(granted.entitlements, 2_000);
  const expired = expiry === null ? granted : applyEntry(granted, expiry);
  const refunded = settle(expired, [{ ...window, reversedAt: 3_000 }], 3_000);
  const lotOf = ({ entitlements }: typeof emptyState) => entitlements.get("lot_1") as Entitlement;
  expect(unitsOf(lotOf(refunded))).toEqual({
    unitsGranted: 50,
    unitsRemaining: 0,
    unitsClawedBack: 0,
    unitsExpired: 50,
  });
  const lost = settle(refunded, [], 4_000);
  expect(unitsOf(lotOf(lost))).toEqual({
    unitsGranted: 0,
    unitsRemaining: 0,
    unitsClawedBack: 0,
    unitsExpired: 0,
  });
  const back = settle(lost, [{ ...window, reversedAt: 3_000 }], 6_000);
  expect(unitsOf(lotOf(back))).toEqual(unitsOf(lotOf(refunded)));
});
