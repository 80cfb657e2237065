import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import { buildSubscriptionRecord } from "../../test/unit/stripe/subscription-record.ts";
import { scheduleAccess, segmentAt, summarizeCustomer } from "./customer-summary.ts";
import { decideAccess } from "./decision.ts";
import type { Entitlement, Purchase } from "./entitlement.ts";
import type { StripeRecord } from "./stripe-record.ts";

const summarize = (entitlements: Entitlement[], records: StripeRecord[] = [], now = 100) =>
  summarizeCustomer(
    {
      entitlements: new Map(entitlements.map((each) => [each.entitlementId, each])),
      records: new Map(records.map((each) => [each.recordId, each])),
    },
    now,
  );

const paid = (amountTotal: number, currency: string, paymentIntentId: string): Purchase => ({
  attemptId: null,
  checkoutSessionId: null,
  paymentIntentId,
  subscriptionId: null,
  customerId: null,
  amountTotal,
  currency,
  metadata: {},
});

describe("the summary of a customer", () => {
  it("a customer without entitlements has no access, no units, no payment and no end", () => {
    expect(summarize([])).toEqual({
      segments: [{ from: 100, access: "denied", attention: null }],
      unitsLeft: null,
      paid: [],
      endsAt: null,
      renews: false,
    });
  });

  it("a past due customer is denied from the end of the grace period on", () => {
    const { segments } = summarize([
      entitlement({ kind: "subscription", status: "past_due", graceUntil: 200 }),
    ]);
    expect(segments).toEqual([
      { from: 100, access: "allowed", attention: "past_due" },
      { from: 200, access: "denied", attention: "past_due" },
    ]);
  });

  it("a hold that begins later puts the customer on hold then, and outranks an overdue payment", () => {
    const hold = {
      causeId: "dp_1",
      reason: "dispute" as const,
      placedAt: 0,
      window: { from: 150, until: 300 },
      liftedAt: null,
    };
    const { segments } = summarize([
      entitlement({ kind: "subscription", status: "past_due", graceUntil: 1_000, holds: [hold] }),
    ]);
    expect(segments.map(({ from, access, attention }) => [from, access, attention])).toEqual([
      [100, "allowed", "past_due"],
      [150, "denied", "on_hold"],
      [300, "allowed", "past_due"],
      [1_000, "denied", "past_due"],
    ]);
  });

  it("units of ended packs are not left, and an empty pack has 0", () => {
    const pack = (entitlementId: string, change: Partial<Entitlement>) =>
      entitlement({ kind: "usage_pack", entitlementId, ...change });
    expect(
      summarize([
        pack("a", { unitsRemaining: 30 }),
        pack("b", { unitsRemaining: 4 }),
        pack("c", { unitsRemaining: 500, status: "canceled" }),
      ]).unitsLeft,
    ).toBe(34);
    expect(summarize([pack("a", { unitsRemaining: 0 })]).unitsLeft).toBe(0);
  });

  it("the total paid counts purchases and invoices per currency, without refunds and lost disputes", () => {
    const reversal = { createdAt: 0, version: 0, since: 0 };
    const pack = entitlement({ kind: "usage_pack", purchase: paid(4_900, "eur", "pi_1") });
    const pass = entitlement({ kind: "time_pass", entitlementId: "b", purchase: paid(500, "usd", "pi_2") });
    const refunded: StripeRecord = {
      type: "payment",
      recordId: "pi_1",
      invoice: null,
      refunds: {
        re_1: { ...reversal, id: "re_1", amount: 900, status: "succeeded" },
        re_2: { ...reversal, id: "re_2", amount: 100, status: "failed" },
      },
      disputes: { dp_1: { ...reversal, id: "dp_1", amount: 1_000, currency: "eur", status: "lost" } },
    };
    const subscription = buildSubscriptionRecord({
      in_1: { outcome: "paid", periodEnd: null, amountPaid: 2_900, currency: "usd" },
      in_2: { outcome: "failed", periodEnd: null },
    });
    expect(summarize([pack, pass], [refunded, subscription]).paid).toEqual([
      { currency: "usd", amount: 3_400 },
      { currency: "eur", amount: 3_000 },
    ]);
  });

  it("passes end with the last one, a subscription renews, and one that cancels ends", () => {
    const pass = (entitlementId: string, expiresAt: number) =>
      entitlement({ kind: "time_pass", entitlementId, expiresAt });
    expect(summarize([pass("a", 200), pass("b", 300)])).toMatchObject({ endsAt: 300, renews: false });
    const subscription = entitlement({ kind: "subscription", currentPeriodEnd: 250 });
    expect(summarize([subscription])).toMatchObject({ endsAt: 250, renews: true });
    expect(summarize([{ ...subscription, cancelAtPeriodEnd: true }])).toMatchObject({ renews: false });
    expect(summarize([{ ...subscription, status: "canceled", canceledAt: 90 }])).toMatchObject({
      endsAt: 90,
      renews: false,
    });
  });

  it("the schedule says at every later moment what the decision says", () => {
    const moment = fc.option(fc.integer({ min: 0, max: 60 }));
    const random = fc.record({
      kind: fc.constantFrom("subscription" as const, "time_pass" as const, "usage_pack" as const),
      status: fc.constantFrom("active" as const, "past_due" as const, "canceled" as const),
      startsAt: moment,
      expiresAt: moment,
      graceUntil: moment,
    });
    fc.assert(
      fc.property(fc.array(random, { maxLength: 4 }), fc.integer({ min: 0, max: 60 }), (changes, now) => {
        const all = changes.map((change, index) => entitlement({ ...change, entitlementId: `ent_${index}` }));
        const segments = scheduleAccess(all, now);
        for (let at = now; at <= 70; at++)
          expect(segmentAt(segments, at)?.access === "allowed").toBe(decideAccess(all, at).allowed);
      }),
    );
  });
});
