import { describe, expect, it } from "vitest";
import { diagnose, type Facts } from "../../../workers/portal/pages/customer/diagnose.ts";
import {
  allowed,
  attempt,
  customer,
  delivery,
  deniedFor,
  entitlement,
  entry,
  stripeEvent,
} from "./customers.ts";

const grantCredits = "./grant?product_code=CREDITS_1000";

const nothing: Facts = { attempts: [], stripeEvents: [], deliveries: [], otherMode: null };

const told = (view: Parameters<typeof diagnose>[0], facts: Partial<Facts> = {}) =>
  diagnose(view, { ...nothing, ...facts }).map(({ cause, actions }) => [
    cause,
    ...actions.map((action) => ("form" in action ? action.form : action.page)),
  ]);

describe("paid, but no access", () => {
  it("is an event that failed, before everything else, with the way to try it again", () => {
    const failed = stripeEvent({ eventId: "evt_9", status: "failed", detail: "no such product" });
    const waiting = stripeEvent({ eventId: "evt_8", status: "received" });
    const view = customer();
    expect(
      told(view, { stripeEvents: [waiting, failed], attempts: [attempt({ status: "created" })] }),
    ).toEqual([
      ["paid_without_access", "/events/evt_9"],
      ["paid_without_access", "./sync"],
    ]);
    expect(told(view, { stripeEvents: [waiting] })).toEqual([["paid_without_access", "/events/evt_8"]]);
    expect(diagnose(view, { ...nothing, stripeEvents: [failed] })[0]?.text).toContain("no such product");
  });

  it("is a checkout without news, or one whose payment has come and gave nothing", () => {
    for (const status of ["created", "finalized"] as const)
      expect(told(customer(), { attempts: [attempt({ status })] })).toEqual([
        ["paid_without_access", "./sync"],
      ]);
    expect(told(customer(), { attempts: [attempt({ status: "processing" })] })).toEqual([
      ["paid_without_access", "./sync", grantCredits],
    ]);
  });

  it("is not a checkout that gave an entitlement, nor one before a later entitlement", () => {
    const view = customer({ decision: deniedFor("refunded"), entitlements: [entitlement()] });
    expect(told(view, { attempts: [attempt()] })).toEqual([["reversal", grantCredits]]);
    const open = attempt({ attemptId: "att_0", status: "created" });
    expect(told(view, { attempts: [open] })).toEqual([["reversal", grantCredits]]);
  });

  it("is nothing bought where the checkout was not paid", () => {
    expect(told(customer(), { attempts: [attempt({ status: "failed" })] })).toEqual([
      ["nothing_bought", grantCredits],
    ]);
  });
});

describe("delivery failed", () => {
  it("is sent again from here, a given up one before one that is tried again, also while access is allowed", () => {
    const failed = delivery({ deliveryId: "dlv_7", state: "failed" });
    const dead = delivery({ deliveryId: "dlv_8", state: "dead" });
    const view = customer({ decision: allowed });
    expect(told(view, { deliveries: [failed, dead] })).toEqual([
      ["delivery_failed", "/deliveries/dlv_8/requeue", "/deliveries/dlv_8"],
    ]);
    expect(told(view, { deliveries: [failed, delivery()] })).toEqual([
      ["delivery_failed", "/deliveries/dlv_7/requeue", "/deliveries/dlv_7"],
    ]);
    expect(told(view, { deliveries: [dead, { ...dead, deliveryId: "dlv_9" }, failed] })).toEqual([
      [
        "delivery_failed",
        "/deliveries/requeue?status=dead&customer=user_1",
        "/deliveries?status=dead&customer=user_1",
      ],
    ]);
  });
});

describe("refund and dispute", () => {
  const hold = { causeId: "du_1", reason: "dispute" as const, placedAt: 1, liftedAt: null, effective: true };

  it("proposes a grant after a full refund", () => {
    const view = customer({
      decision: deniedFor("refunded"),
      entitlements: [entitlement({ status: "canceled" })],
    });
    expect(told(view)).toEqual([["reversal", grantCredits]]);
    const entries = [entry(3, "refund", -750), entry(2, "consume", -250)];
    expect(told({ ...view, entries })).toEqual([["reversal", grantCredits, ".#entry-3"]]);
    expect(diagnose({ ...view, entries }, nothing)[0]?.text).toContain("after 250 units were spent");
  });

  it("proposes to lift the hold that is effective", () => {
    const lifted = { ...hold, causeId: "du_0", liftedAt: 2, effective: false };
    const held = entitlement({ holds: [lifted, hold] });
    const page = "./lift-hold?entitlement_id=ent_1&cause_id=du_1";
    for (const reason of ["payment_disputed", "payment_past_due"] as const)
      expect(told(customer({ decision: deniedFor(reason), entitlements: [held] }))).toEqual([
        ["reversal", page],
      ]);
  });

  it("leaves an overdue payment without a hold to Stripe", () => {
    const view = customer({ decision: deniedFor("payment_past_due"), entitlements: [entitlement()] });
    expect(told(view)).toEqual([["stripe_says_so", grantCredits, "./sync"]]);
  });
});

describe("credits gone", () => {
  const refill = "./adjust?entitlement_id=ent_1";
  const gone = (...entries: ReturnType<typeof entry>[]) =>
    customer({ decision: deniedFor("usage_exhausted"), entitlements: [entitlement()], entries });

  it("names the customer's own use where that took the most", () => {
    const view = gone(
      entry(4, "manual_adjustment", -10),
      entry(3, "consume", -600),
      entry(2, "consume", -390),
    );
    expect(told(view)).toEqual([["credits_gone", refill, ".?show=usage#timeline"]]);
    expect(diagnose(view, nothing)[0]?.text).toContain("2 newest uses took 990 units");
  });

  it("names the operator who took them, or the pack's end", () => {
    const actor = { operatorId: "opr_1", name: "Sam" };
    const byHand = gone(entry(4, "manual_adjustment", -900, { actor }), entry(3, "consume", -100));
    expect(told(byHand)).toEqual([["credits_gone", refill, ".#entry-4"]]);
    const adjusted = entry(4, "manual_adjustment", -900, { manual: { type: "adjust", undoes: null } });
    expect(told(gone(adjusted))).toEqual([["credits_gone", "./undo?sequence=4", ".#entry-4"]]);
    expect(diagnose(byHand, nothing)[0]?.text).toContain("Sam took 900 units");
    expect(told(gone(entry(4, "expire", -900), entry(3, "consume", -100)))).toEqual([
      ["credits_gone", grantCredits],
    ]);
  });
});

describe("by hand, or nothing", () => {
  const revoke = entry(5, "manual_revoke", 0, { manual: { type: "revoke", undoes: null } });

  it("proposes to undo a revocation, unless it was undone and something else revoked", () => {
    const view = customer({ decision: deniedFor("revoked"), entitlements: [entitlement()] });
    expect(told({ ...view, entries: [revoke] })).toEqual([["by_hand", "./undo?sequence=5"]]);
    const undo = entry(6, "undo", 0, { manual: { type: "undo", undoes: 5 } });
    expect(told({ ...view, entries: [undo, { ...revoke, undoneBy: 6 }] })).toEqual([["by_hand", "./grant"]]);
    expect(told(view)).toEqual([["by_hand", "./grant"]]);
  });

  it("says that all is well, or that nothing was ever bought", () => {
    expect(
      told(customer({ decision: allowed }), { stripeEvents: [stripeEvent()], deliveries: [delivery()] }),
    ).toEqual([["all_well"]]);
    expect(told(customer())).toEqual([["nothing_bought", "./grant"]]);
  });

  it("says that the customer is known in the other mode, which a wrong key asks past", () => {
    const [finding] = diagnose(customer(), { ...nothing, otherMode: "live" });
    expect(finding).toMatchObject({ cause: "nothing_bought", actions: [{ page: ".", mode: "live" }] });
    expect(finding?.title).toContain("known in live mode");
  });
});
