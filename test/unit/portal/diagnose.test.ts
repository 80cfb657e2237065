import { describe, expect, it } from "vitest";
import type { CustomerView } from "../../../shared/contract/operations/customer-views.ts";
import { type DiagnosisFacts, diagnose } from "../../../workers/portal/pages/customer/diagnosis/diagnose.ts";
import {
  allowed,
  attempt,
  customer,
  delivery,
  deniedFor,
  entitlement,
  entry,
  noon,
  stripeEvent,
} from "./customers.ts";

const grantCredits = "./grant?product_code=CREDITS_1000";

const noFacts: DiagnosisFacts = {
  attempts: [],
  stripeEvents: [],
  deliveries: [],
  otherMode: null,
  productNames: new Map([["CREDITS_1000", "1,000 credits"]]),
  failedPayment: null,
};

const causes = (view: Parameters<typeof diagnose>[0], facts: Partial<DiagnosisFacts> = {}) =>
  diagnose(view, { ...noFacts, ...facts }).map(({ cause, actions }) => [
    cause,
    ...actions.map((action) => ("form" in action ? action.form : action.page)),
  ]);

describe("diagnose: paid, but no access", () => {
  it("diagnose() puts a failed Stripe event first, with a link to retry it", () => {
    const failed = stripeEvent({ eventId: "evt_9", status: "failed", detail: "no such product" });
    const waiting = stripeEvent({ eventId: "evt_8", status: "received" });
    const view = customer();
    expect(
      causes(view, { stripeEvents: [waiting, failed], attempts: [attempt({ status: "created" })] }),
    ).toEqual([
      ["paid_without_access", "/events/evt_9"],
      ["paid_without_access", "./sync"],
    ]);
    expect(causes(view, { stripeEvents: [waiting] })).toEqual([["paid_without_access", "/events/evt_8"]]);
    expect(diagnose(view, { ...noFacts, stripeEvents: [failed] })[0]?.text).toContain("No such product.");
  });

  it("diagnose() proposes a sync when a checkout has no news or its payment granted no access", () => {
    for (const status of ["created", "finalized"] as const)
      expect(causes(customer(), { attempts: [attempt({ status })] })).toEqual([
        ["paid_without_access", "./sync"],
      ]);
    expect(causes(customer(), { attempts: [attempt({ status: "processing" })] })).toEqual([
      ["paid_without_access", "./sync", grantCredits],
    ]);
  });

  it("diagnose() ignores a checkout that granted an entitlement or is older than one", () => {
    const view = customer({ decision: deniedFor("refunded"), entitlements: [entitlement()] });
    expect(causes(view, { attempts: [attempt()] })).toEqual([["reversal", grantCredits]]);
    const open = attempt({ attemptId: "att_0", status: "created" });
    expect(causes(view, { attempts: [open] })).toEqual([["reversal", grantCredits]]);
  });

  it("diagnose() reports that nothing was bought when the checkout was not paid", () => {
    expect(causes(customer(), { attempts: [attempt({ status: "failed" })] })).toEqual([
      ["nothing_bought", grantCredits],
    ]);
  });
});

describe("diagnose: delivery failed", () => {
  it("diagnose() proposes to resend a dead delivery before a retrying one, even if access is allowed", () => {
    const failed = delivery({ deliveryId: "dlv_7", state: "failed" });
    const dead = delivery({ deliveryId: "dlv_8", state: "dead" });
    const view = customer({ decision: allowed });
    expect(causes(view, { deliveries: [failed, dead] })).toEqual([
      ["delivery_failed", "/deliveries/dlv_8/requeue", "/deliveries/dlv_8"],
    ]);
    expect(causes(view, { deliveries: [failed, delivery()] })).toEqual([
      ["delivery_failed", "/deliveries/dlv_7/requeue", "/deliveries/dlv_7"],
    ]);
    expect(causes(view, { deliveries: [dead, { ...dead, deliveryId: "dlv_9" }, failed] })).toEqual([
      [
        "delivery_failed",
        "/deliveries/requeue?status=dead&customer=user_1",
        "/deliveries?status=dead&customer=user_1",
      ],
    ]);
  });
});

describe("diagnose: refund and dispute", () => {
  const hold = { causeId: "du_1", reason: "dispute" as const, placedAt: 1, liftedAt: null, effective: true };

  it("diagnose() proposes a grant after a full refund", () => {
    const view = customer({
      decision: deniedFor("refunded"),
      entitlements: [entitlement({ status: "canceled" })],
    });
    expect(causes(view)).toEqual([["reversal", grantCredits]]);
    const entries = [entry(3, "refund", -750), entry(2, "consume", -250)];
    expect(causes({ ...view, entries })).toEqual([["reversal", grantCredits, ".#entry-3"]]);
    expect(diagnose({ ...view, entries }, noFacts)[0]?.text).toContain("after 250 units were used");
  });

  it("diagnose() proposes to lift the hold that is in effect", () => {
    const lifted = { ...hold, causeId: "du_0", liftedAt: 2, effective: false };
    const held = entitlement({ holds: [lifted, hold] });
    const page = "./lift-hold?entitlement_id=ent_1&cause_id=du_1";
    for (const reason of ["payment_disputed", "payment_refunded"] as const)
      expect(causes(customer({ decision: deniedFor(reason), entitlements: [held] }))).toEqual([
        ["reversal", page],
      ]);
  });

  it("diagnose() names the hold that the decision names, of a dispute and a refund", () => {
    const refunded = { ...hold, causeId: "pi_1", reason: "refund" as const };
    const held = entitlement({ holds: [hold, refunded] });
    const view = customer({ decision: deniedFor("payment_refunded"), entitlements: [held] });
    expect(diagnose(view, noFacts)[0]?.title).toBe("Payment refunded");
    expect(causes(view)[0]?.[1]).toContain("cause_id=pi_1");
  });

  it("diagnose() calls a dispute that was lost no refund, and names no reversal of another purchase", () => {
    const view = customer({ decision: deniedFor("refunded"), entitlements: [entitlement()] });
    const other = entry(5, "refund", -10);
    const entries = [
      { ...other, touched: other.touched.map((each) => ({ ...each, entitlementId: "ent_2" })) },
      entry(4, "dispute", -1_000),
    ];
    const [cause] = diagnose({ ...view, entries }, noFacts);
    expect(cause).toMatchObject({
      title: "Payment lost in a dispute",
      text: expect.stringMatching(/^The lost dispute canceled/),
    });
    expect(causes({ ...view, entries })).toEqual([["reversal", grantCredits, ".#entry-4"]]);
  });

  it("diagnose() refers to Stripe when a payment is overdue and there is no hold", () => {
    const view = customer({ decision: deniedFor("payment_past_due"), entitlements: [entitlement()] });
    expect(causes(view)).toEqual([["stripe_says_so", grantCredits, "./sync"]]);
  });

  it("diagnose() names the product, or what Stripe says of the payment that failed", () => {
    const view = customer({ decision: deniedFor("payment_past_due"), entitlements: [entitlement()] });
    const textOf = (failedPayment: string | null) => diagnose(view, { ...noFacts, failedPayment })[0]?.text;
    expect(textOf(null)).toMatch(
      /^Stripe couldn't collect the last invoice of 1,000 credits and is retrying\. /,
    );
    const failure = "Stripe couldn't collect €12.00: Your card was declined. Stripe retries on 24 Dec.";
    expect(textOf(failure)).toBe(`${failure} The customer can pay the invoice or update the card.`);
  });
});

describe("diagnose: credits gone", () => {
  const refill = "./adjust?entitlement_id=ent_1";
  const gone = (...entries: ReturnType<typeof entry>[]) =>
    customer({ decision: deniedFor("usage_exhausted"), entitlements: [entitlement()], entries });

  it("diagnose() names the customer's own usage when it took the most units", () => {
    const view = gone(
      entry(4, "manual_adjustment", -10),
      entry(3, "consume", -600),
      entry(2, "consume", -390),
    );
    expect(causes(view)).toEqual([["credits_gone", refill, ".?tab=usage#tabs"]]);
    expect(diagnose(view, noFacts)[0]?.text).toContain("used 990 units in 2 requests");
  });

  it("diagnose() names the operator who took the units, or the pack's expiry", () => {
    const actor = { operatorId: "opr_1", name: "Sam" };
    const manual = gone(entry(4, "manual_adjustment", -900, { actor }), entry(3, "consume", -100));
    expect(causes(manual)).toEqual([["credits_gone", refill, ".#entry-4"]]);
    const adjusted = entry(4, "manual_adjustment", -900, { manual: { type: "adjust", undoes: null } });
    expect(causes(gone(adjusted))).toEqual([["credits_gone", "./undo?sequence=4", ".#entry-4"]]);
    expect(diagnose(manual, noFacts)[0]?.text).toContain("Sam removed 900 units");
    expect(causes(gone(entry(4, "expire", -900), entry(3, "consume", -100)))).toEqual([
      ["credits_gone", grantCredits],
    ]);
  });
});

describe("diagnose: manual actions, or no cause", () => {
  const revoke = entry(5, "manual_revoke", 0, { manual: { type: "revoke", undoes: null } });

  it("diagnose() proposes to undo a revocation unless it was undone already", () => {
    const view = customer({ decision: deniedFor("revoked"), entitlements: [entitlement()] });
    expect(causes({ ...view, entries: [revoke] })).toEqual([["by_hand", "./undo?sequence=5"]]);
    const undo = entry(6, "undo", 0, { manual: { type: "undo", undoes: 5 } });
    expect(causes({ ...view, entries: [undo, { ...revoke, undoneBy: 6 }] })).toEqual([
      ["by_hand", "./grant"],
    ]);
    expect(causes(view)).toEqual([["by_hand", "./grant"]]);
  });

  it("diagnose() reports that all is well, or that nothing was ever bought", () => {
    expect(
      causes(customer({ decision: allowed }), { stripeEvents: [stripeEvent()], deliveries: [delivery()] }),
    ).toEqual([["all_well"]]);
    expect(causes(customer())).toEqual([["nothing_bought", "./grant"]]);
  });

  it("diagnose() points to the other mode when the customer exists only there", () => {
    const [cause] = diagnose(customer(), { ...noFacts, otherMode: "live" });
    expect(cause).toMatchObject({ cause: "nothing_bought", actions: [{ page: ".", mode: "live" }] });
    expect(cause?.title).toContain("Customer exists in live mode");
  });
});

describe("diagnose: included units are used", () => {
  const subscription = entitlement({ kind: "subscription", productCode: "PRO", usable: true });
  const lot = entitlement({ entitlementId: "ent_2", productCode: "PRO", includedIn: "ent_1" });
  const next = { entitlementId: "ent_1", at: noon + 3 * 86_400_000, units: 1_000, isPaid: true };
  const view = (change: Partial<CustomerView> = {}) =>
    customer({ decision: allowed, entitlements: [lot, subscription], nextAllowances: [next], ...change });
  const text = (change: Partial<CustomerView> = {}) => diagnose(view(change), noFacts)[0]?.text;

  it("diagnose() names the open jobs that hold all units of a customer with access", () => {
    const job = {
      reservationId: "rsv_1",
      key: "job-1",
      isOpen: true,
      held: 1_000,
      unfunded: null,
      onExpiry: "release" as const,
      createdAt: noon,
      expiresAt: noon + 60_000,
      sequence: 3,
    };
    expect(text({ reservations: [job] })).toContain("All units are held by 1 open job.");
    expect(causes(view({ reservations: [job], usageRemaining: 1 }))).toEqual([["all_well"]]);
  });

  it("diagnose() says when the next units come, and that they wait for the renewal", () => {
    expect(text()).toContain("no units of PRO are left. The next 1,000 come in 3 days.");
    expect(text({ nextAllowances: [{ ...next, isPaid: false }] })).toContain(
      "come in 3 days, when the renewal is paid.",
    );
    expect(text({ nextAllowances: [] })).toContain("No further units are scheduled.");
  });

  it("diagnose() reports no used units where some are left, were taken back, or the subscription is blocked", () => {
    for (const change of [
      { usageRemaining: 1 },
      { entitlements: [{ ...lot, status: "canceled" as const }, subscription] },
      { entitlements: [lot, { ...subscription, usable: false }] },
      { entitlements: [subscription] },
    ])
      expect(causes(view(change))).toEqual([["all_well"]]);
  });
});
