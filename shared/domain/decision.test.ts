import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import { type DenialReason, denialReasons } from "../contract/enums.ts";
import { decideAccess, toCustomerStatus } from "./decision.ts";
import type { Hold } from "./entitlement.ts";

const now = 1_000_000;
const hold: Hold = {
  causeId: "dp_1",
  reason: "dispute",
  placedAt: now - 10,
  window: { from: null, until: null },
  liftedAt: null,
};

describe("decision", () => {
  const denied: Record<Exclude<DenialReason, "no_entitlement">, Parameters<typeof entitlement>[0]> = {
    payment_past_due: { kind: "subscription", status: "past_due" },
    payment_disputed: { kind: "usage_pack", unitsRemaining: 1, holds: [hold] },
    payment_refunded: { kind: "subscription", holds: [{ ...hold, reason: "refund" }] },
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

  it("decideAccess() denies with the reason nearest to access when two apply, in either order", () => {
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

  it("decideAccess() allows access when one of many entitlements is usable", () => {
    const useless = Object.values(denied).map((change) => entitlement(change));
    const useful = entitlement({ kind: "usage_pack", unitsRemaining: 1, entitlementId: "ent_good" });
    expect(decideAccess([...useless, useful], now)).toEqual({ allowed: true, entitlementId: "ent_good" });
    expect(decideAccess([], now)).toEqual({ allowed: false, reason: "no_entitlement", entitlementId: null });
  });

  it("customerStatus() maps each denial reason to one status", () => {
    const words = denialReasons.map((reason) =>
      toCustomerStatus({ allowed: false, reason, entitlementId: null }),
    );
    expect(words).toEqual([
      "past_due",
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
    expect(toCustomerStatus({ allowed: true, entitlementId: "e" })).toBe("active");
  });
});
