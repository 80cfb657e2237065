import { describe, expect, it } from "vitest";
import { type DenialReason, denialReasons } from "../../shared/contract/words.ts";
import { availability, statusAt, unitsLeftAt } from "../../shared/domain/availability.ts";
import { customerStatus, decideAccess } from "../../shared/domain/decision.ts";
import type { Hold } from "../../shared/domain/entitlement.ts";
import { entitlement } from "./entitlements.ts";

const now = 1_000_000;
const hold = (change: Partial<Hold> = {}): Hold => ({
  causeId: "dp_1",
  reason: "dispute",
  placedAt: now - 10,
  periodEnd: null,
  liftedAt: null,
  ...change,
});

describe("availability", () => {
  it.each<[string, Parameters<typeof entitlement>[0], DenialReason | "usable"]>([
    ["an active subscription", { kind: "subscription" }, "usable"],
    ["a manual subscription before its end", { kind: "subscription", expiresAt: now + 1 }, "usable"],
    ["a manual subscription at its end", { kind: "subscription", expiresAt: now }, "subscription_ended"],
    ["a past due subscription", { kind: "subscription", status: "past_due" }, "payment_past_due"],
    ["one in its grace", { kind: "subscription", status: "past_due", graceUntil: now + 1 }, "usable"],
    [
      "one after its grace",
      { kind: "subscription", status: "past_due", graceUntil: now },
      "payment_past_due",
    ],
    [
      "an incomplete subscription",
      { kind: "subscription", status: "past_due", statusReason: "subscription_incomplete" },
      "subscription_incomplete",
    ],
    ["a paused subscription", { kind: "subscription", status: "paused" }, "subscription_paused"],
    ["one that ends at period end", { kind: "subscription", cancelAtPeriodEnd: true }, "usable"],
    ["a canceled subscription", { kind: "subscription", status: "canceled" }, "subscription_ended"],
    ["a refunded pack", { kind: "usage_pack", status: "canceled", statusReason: "refunded" }, "refunded"],
    ["a revoked pack", { kind: "usage_pack", status: "canceled", statusReason: "revoked" }, "revoked"],
    ["a pack with units", { kind: "usage_pack", unitsRemaining: 1 }, "usable"],
    ["an empty pack", { kind: "usage_pack", unitsRemaining: 0 }, "usage_exhausted"],
    ["a lot at its expiry", { kind: "usage_pack", unitsRemaining: 5, expiresAt: now }, "usage_exhausted"],
    ["a pass in its window", { kind: "time_pass", startsAt: now, expiresAt: now + 1 }, "usable"],
    ["a pass before its window", { kind: "time_pass", startsAt: now + 1, expiresAt: now + 2 }, "not_started"],
    ["a pass at its end", { kind: "time_pass", startsAt: 0, expiresAt: now }, "time_pass_expired"],
    ["a disputed pack", { kind: "usage_pack", unitsRemaining: 1, holds: [hold()] }, "payment_disputed"],
    ["a refund hold", { kind: "subscription", holds: [hold({ reason: "refund" })] }, "payment_past_due"],
    ["a lifted hold", { kind: "usage_pack", unitsRemaining: 1, holds: [hold({ liftedAt: now })] }, "usable"],
    [
      "a hold of the period that runs",
      { kind: "subscription", paidThrough: 50, holds: [hold({ periodEnd: 50 })] },
      "payment_disputed",
    ],
    [
      "a hold of a period before the one paid now",
      { kind: "subscription", paidThrough: 51, holds: [hold({ periodEnd: 50 })] },
      "usable",
    ],
    ["an empty disputed pack", { kind: "usage_pack", unitsRemaining: 0, holds: [hold()] }, "usage_exhausted"],
  ])("of %s", (_, change, expected) => {
    const state = availability(entitlement(change), now);
    expect(state.usable ? "usable" : state.reason).toBe(expected);
  });

  it("shows what ran out as expired, and what is held as past due, before any alarm records it", () => {
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

describe("the decision", () => {
  const denied: Record<Exclude<DenialReason, "no_entitlement">, Parameters<typeof entitlement>[0]> = {
    payment_past_due: { kind: "subscription", status: "past_due" },
    payment_disputed: { kind: "usage_pack", unitsRemaining: 1, holds: [hold()] },
    subscription_incomplete: {
      kind: "subscription",
      status: "past_due",
      statusReason: "subscription_incomplete",
    },
    subscription_paused: { kind: "subscription", status: "paused" },
    usage_exhausted: { kind: "usage_pack", unitsRemaining: 0 },
    not_started: { kind: "time_pass", startsAt: now + 1, expiresAt: now + 2 },
    time_pass_expired: { kind: "time_pass", startsAt: 0, expiresAt: 1 },
    subscription_ended: { kind: "subscription", status: "canceled" },
    refunded: { kind: "usage_pack", status: "canceled", statusReason: "refunded" },
    revoked: { kind: "usage_pack", status: "canceled", statusReason: "revoked" },
  };

  it("tells the reason nearest to access, for every pair of reasons and both orders", () => {
    const all = Object.entries(denied) as [DenialReason, Parameters<typeof entitlement>[0]][];
    for (const [left, leftChange] of all)
      for (const [right, rightChange] of all) {
        const pair = [
          entitlement({ ...leftChange, entitlementId: "l" }),
          entitlement({ ...rightChange, entitlementId: "r" }),
        ];
        const nearest = denialReasons.find((reason) => reason === left || reason === right);
        expect(decideAccess(pair, now)).toMatchObject({ allowed: false, reason: nearest });
        expect(decideAccess(pair.toReversed(), now)).toMatchObject({ allowed: false, reason: nearest });
      }
  });

  it("allows as soon as one of many can be used", () => {
    const useless = Object.values(denied).map((change) => entitlement(change));
    const useful = entitlement({ kind: "usage_pack", unitsRemaining: 1, entitlementId: "ent_good" });
    expect(decideAccess([...useless, useful], now)).toEqual({ allowed: true, entitlementId: "ent_good" });
    expect(decideAccess([], now)).toEqual({ allowed: false, reason: "no_entitlement", entitlementId: null });
  });

  it("has one word for each reason", () => {
    const words = denialReasons.map((reason) =>
      customerStatus({ allowed: false, reason, entitlementId: null }),
    );
    expect(words).toEqual([
      "past_due",
      "past_due",
      "past_due",
      "paused",
      "exhausted",
      "none",
      "expired",
      "canceled",
      "canceled",
      "canceled",
      "none",
    ]);
    expect(customerStatus({ allowed: true, entitlementId: "e" })).toBe("active");
  });
});
