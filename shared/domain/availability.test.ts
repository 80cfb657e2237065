import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import type { DenialReason } from "../contract/enums.ts";
import { getAvailability, statusAt, unitsLeftAt } from "./availability.ts";
import type { Hold } from "./entitlement.ts";

const now = 1_000_000;
const hold = (change: Partial<Hold> = {}): Hold => ({
  causeId: "dp_1",
  reason: "dispute",
  placedAt: now - 10,
  window: { from: null, until: null },
  liftedAt: null,
  ...change,
});

/** A hold as ledger entries stored it before holds had windows. */
const olderHold = (periodEnd: number): Hold => {
  const { window: _, ...older } = hold();
  return { ...older, periodEnd };
};

describe("availability", () => {
  it.each<[string, Parameters<typeof entitlement>[0], DenialReason | "usable"]>([
    ["an active subscription", { kind: "subscription" }, "usable"],
    ["a manual subscription before its end", { kind: "subscription", expiresAt: now + 1 }, "usable"],
    ["a manual subscription at its end", { kind: "subscription", expiresAt: now }, "subscription_ended"],
    ["a past due subscription", { kind: "subscription", status: "past_due" }, "payment_past_due"],
    [
      "a past due subscription in grace",
      { kind: "subscription", status: "past_due", graceUntil: now + 1 },
      "usable",
    ],
    [
      "a past due subscription after grace",
      { kind: "subscription", status: "past_due", graceUntil: now },
      "payment_past_due",
    ],
    [
      "an incomplete subscription",
      { kind: "subscription", status: "past_due", statusReason: "subscription_incomplete" },
      "subscription_incomplete",
    ],
    ["a paused subscription", { kind: "subscription", status: "paused" }, "subscription_paused"],
    ["a subscription canceling at period end", { kind: "subscription", cancelAtPeriodEnd: true }, "usable"],
    ["a canceled subscription", { kind: "subscription", status: "canceled" }, "subscription_ended"],
    ["a refunded pack", { kind: "usage_pack", status: "canceled", statusReason: "refunded" }, "refunded"],
    ["a revoked pack", { kind: "usage_pack", status: "canceled", statusReason: "revoked" }, "revoked"],
    ["a pack with units", { kind: "usage_pack", unitsRemaining: 1 }, "usable"],
    ["an empty pack", { kind: "usage_pack", unitsRemaining: 0 }, "usage_exhausted"],
    ["a pack at its expiry", { kind: "usage_pack", unitsRemaining: 5, expiresAt: now }, "usage_exhausted"],
    ["a pass in its window", { kind: "time_pass", startsAt: now, expiresAt: now + 1 }, "usable"],
    ["a pass before its window", { kind: "time_pass", startsAt: now + 1, expiresAt: now + 2 }, "not_started"],
    ["a pass at its end", { kind: "time_pass", startsAt: 0, expiresAt: now }, "time_pass_expired"],
    ["a disputed pack", { kind: "usage_pack", unitsRemaining: 1, holds: [hold()] }, "payment_disputed"],
    [
      "a subscription with a refund hold",
      { kind: "subscription", holds: [hold({ reason: "refund" })] },
      "payment_refunded",
    ],
    [
      "a pack with a lifted hold",
      { kind: "usage_pack", unitsRemaining: 1, holds: [hold({ liftedAt: now })] },
      "usable",
    ],
    [
      "a subscription before its hold's window",
      { kind: "subscription", holds: [hold({ window: { from: now + 1, until: null } })] },
      "usable",
    ],
    [
      "a subscription in its hold's window",
      { kind: "subscription", holds: [hold({ window: { from: now, until: now + 1 } })] },
      "payment_disputed",
    ],
    [
      "a subscription after its hold's window",
      { kind: "subscription", holds: [hold({ window: { from: null, until: now } })] },
      "usable",
    ],
    [
      "a subscription of an older entry held for this period",
      { kind: "subscription", paidThrough: 50, holds: [olderHold(50)] },
      "payment_disputed",
    ],
    [
      "a subscription of an older entry held for an old period",
      { kind: "subscription", paidThrough: 51, holds: [olderHold(50)] },
      "usable",
    ],
    [
      "a past due subscription in the former plan's paid period",
      { kind: "subscription", status: "past_due", coveredUntil: now + 1 },
      "usable",
    ],
    [
      "a past due subscription after the former plan's paid period",
      { kind: "subscription", status: "past_due", coveredUntil: now },
      "payment_past_due",
    ],
    ["an empty disputed pack", { kind: "usage_pack", unitsRemaining: 0, holds: [hold()] }, "usage_exhausted"],
  ])("availability() reports $2 for $0", (_, change, expected) => {
    const state = getAvailability(entitlement(change), now);
    expect(state.usable ? "usable" : state.reason).toBe(expected);
  });

  it("statusAt() reports an ended pack as expired and a held one as past due before any alarm", () => {
    const pack = entitlement({ kind: "usage_pack", unitsRemaining: 7, expiresAt: now });
    expect(statusAt(pack, now - 1)).toBe("active");
    expect(statusAt(pack, now)).toBe("expired");
    expect([unitsLeftAt(pack, now - 1), unitsLeftAt(pack, now)]).toEqual([7, 0]);
    expect(unitsLeftAt(entitlement({ kind: "subscription" }), now)).toBeNull();
    expect(statusAt(entitlement({ kind: "usage_pack", unitsRemaining: 7, holds: [hold()] }), now)).toBe(
      "past_due",
    );
  });
});
