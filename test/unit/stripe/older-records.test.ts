import { describe, expect, it } from "vitest";
import { decideStripe, type SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { dayMs, type Entitlement } from "../../../shared/domain/entitlement.ts";
import { applyEntry, type SubjectState } from "../../../shared/domain/ledger.ts";
import type { Observation, PaymentRecord, SubscriptionRecord } from "../../../shared/domain/stripe-record.ts";

const start = 1_700_000_000_000;
const origin = { attemptId: "att_1", customerId: "cus_1", soldProductCode: "PRO", metadata: {} };
const context = { graceDays: 0, deriveEntitlementId: (source: string) => source };

/** An observation as it was stored before items had ids. */
const olderObservation: Observation = {
  sourceId: "evt_1",
  at: start,
  said: "created",
  previous: null,
  status: "active",
  items: [{ priceId: "price_pro", productCode: "PRO", currentPeriodEnd: start + 60 * dayMs }],
  startedAt: start,
  cancelAtPeriodEnd: false,
  endedAt: null,
  isCollectionPaused: false,
};

/** A subscription in its second month, as it was stored when an invoice had the end of its period only. */
function olderSubscriber(refundedInvoice: "in_1" | "in_2"): SubjectState {
  const periodEnds = { in_1: start + 30 * dayMs, in_2: start + 60 * dayMs };
  const record: SubscriptionRecord = {
    type: "subscription",
    recordId: "sub_1",
    ...origin,
    checkout: { sessionId: "cs_1", amountTotal: 2_900, currency: "eur" },
    observations: [olderObservation],
    invoices: {
      in_1: { outcome: "paid", periodEnd: periodEnds.in_1 },
      in_2: { outcome: "paid", periodEnd: periodEnds.in_2 },
    },
  };
  const periodEnd = periodEnds[refundedInvoice];
  const placedAt = start + 40 * dayMs;
  const payment: PaymentRecord = {
    type: "payment",
    recordId: "pi_1",
    invoice: { invoiceId: refundedInvoice, subscriptionId: "sub_1", periodEnd, amountPaid: 2_900 },
    refunds: {
      re_1: {
        id: "re_1",
        amount: 2_900,
        status: "succeeded",
        createdAt: placedAt,
        version: placedAt,
        since: placedAt,
      },
    },
    disputes: {},
  };
  const entitlement: Entitlement = {
    entitlementId: "sub_1/PRO",
    kind: "subscription",
    productCode: "PRO",
    source: "stripe",
    status: "active",
    statusReason: null,
    unitsGranted: null,
    unitsRemaining: null,
    durationDays: null,
    paidAt: start,
    startsAt: start,
    expiresAt: null,
    currentPeriodEnd: start + 60 * dayMs,
    cancelAtPeriodEnd: false,
    pastDueSince: null,
    graceUntil: null,
    paidThrough: periodEnds.in_2,
    canceledAt: null,
    revocation: null,
    holds: [{ causeId: "pi_1", reason: "refund", placedAt, periodEnd, liftedAt: null }],
    unitsClawedBack: null,
    flags: [],
    purchase: null,
    createdAt: start,
    updatedAt: start,
  };
  return {
    entitlements: new Map([[entitlement.entitlementId, entitlement]]),
    records: new Map<string, SubscriptionRecord | PaymentRecord>([
      ["sub_1", record],
      ["pi_1", payment],
    ]),
    reservations: new Map(),
  };
}

const access = (state: SubjectState, now: number) => decideAccess(state.entitlements.values(), now);

function merge(state: SubjectState, facts: SubjectFact[], now: number): SubjectState {
  let merged = state;
  for (const fact of facts) {
    const decision = decideStripe(merged, fact, { type: "clock" }, context, now);
    if (decision.outcome === "read_again") throw new Error("one read was not enough");
    if (decision.outcome === "change") merged = applyEntry(merged, decision.draft);
  }
  return merged;
}

/** A read of the subscription in today's format. */
const read = (priceId: string, productCode: string | null, at: number): SubjectFact => ({
  type: "subscription",
  subscriptionId: "sub_1",
  origin,
  observations: [
    {
      ...olderObservation,
      sourceId: `read_${at}`,
      said: "read",
      at,
      cancelAt: null,
      items: [
        {
          itemId: "si_1",
          createdAt: start,
          quantity: 1,
          priceId,
          productCode,
          currentPeriodEnd: start + 60 * dayMs,
        },
      ],
    },
  ],
});

const paidInvoice = (invoiceId: string, from: number, to: number): SubjectFact => ({
  type: "invoice",
  invoiceId,
  subscriptionId: "sub_1",
  origin,
  invoice: {
    outcome: "paid",
    periodEnd: start + to * dayMs,
    amountPaid: 2_900,
    currency: "eur",
    paidAt: start + from * dayMs,
    lines: [
      {
        itemId: "si_1",
        priceId: "price_pro",
        productCode: "PRO",
        quantity: 1,
        amount: 2_900,
        start: start + from * dayMs,
        end: start + to * dayMs,
      },
    ],
  },
});

describe("records older than lines and item ids", () => {
  const now = start + 45 * dayMs;

  it.each([
    ["in_1", { allowed: true }],
    ["in_2", { allowed: false, reason: "payment_refunded" }],
  ] as const)(
    "a subscriber with %s refunded keeps the decision before and after a re-read",
    (refunded, expected) => {
      const older = olderSubscriber(refunded);
      expect(access(older, now)).toMatchObject(expected);
      const reread = merge(older, [read("price_pro", "PRO", now)], now);
      expect(access(reread, now)).toMatchObject(expected);
      const synced = merge(reread, [paidInvoice("in_1", 0, 30), paidInvoice("in_2", 30, 60)], now);
      expect(access(synced, now)).toMatchObject(expected);
      expect(synced.entitlements.get("sub_1/PRO")?.holds).toMatchObject([
        { causeId: "pi_1", window: refunded === "in_1" ? { until: start + 30 * dayMs } : { until: null } },
      ]);
    },
  );

  it("a hold that an operator lifted stays lifted", () => {
    const older = olderSubscriber("in_2");
    const held = older.entitlements.get("sub_1/PRO");
    if (held === undefined) throw new Error("no entitlement");
    const holds = held.holds.map((hold) => ({ ...hold, liftedAt: now }));
    const lifted: SubjectState = { ...older, entitlements: new Map([["sub_1/PRO", { ...held, holds }]]) };
    expect(access(merge(lifted, [read("price_pro", "PRO", now)], now), now)).toMatchObject({ allowed: true });
  });

  it("an unknown price on the item of an older record keeps its product", () => {
    const state = merge(olderSubscriber("in_1"), [read("price_unknown", null, now)], now);
    expect(access(state, now)).toMatchObject({ allowed: true });
    expect(state.entitlements.get("sub_1/PRO")?.flags).toContain("unknown_price");
  });

  it("a re-read without news does not change the entitlement", () => {
    const reread = merge(olderSubscriber("in_1"), [read("price_pro", "PRO", now)], now);
    const again = merge(reread, [read("price_pro", "PRO", now + 1_000)], now + 1_000);
    expect(again.entitlements).toEqual(reread.entitlements);
  });
});
