import { describe, expect, it } from "vitest";
import { decideManualAction } from "./decide-manual-action.ts";
import { decideStripe, type SubjectFact } from "./decide-stripe.ts";
import type { Moment } from "./entitlement.ts";
import { applyEntry, emptyState, findEntryErrors, type ManualAction, type SubjectState } from "./ledger.ts";
import type { DisputeStatus, RefundStatus } from "./stripe-record.ts";

const hourMs = 3_600_000;
const context = { graceDays: 0, deriveEntitlementId: (source: string) => source, actionId: "action" };

/** A customer who buys a pack of 1,000 units at 0 h. Times are in hours. */
class Customer {
  state: SubjectState = emptyState;

  constructor() {
    this.report(0, {
      type: "purchase",
      terms: {
        kind: "usage_pack",
        productCode: "CREDITS",
        units: 1_000,
        durationDays: null,
        expiresAfterDays: null,
      },
      paidAt: 0,
      paidAtFrom: "event",
      purchase: {
        attemptId: "att_1",
        checkoutSessionId: "cs_1",
        paymentIntentId: "pi_1",
        subscriptionId: null,
        customerId: null,
        amountTotal: 4_900,
        currency: "eur",
        metadata: {},
      },
    });
  }

  get pack() {
    return this.state.entitlements.get("cs_1");
  }

  report(hour: number, fact: SubjectFact): this {
    const decision = decideStripe(this.state, fact, { type: "clock" }, context, hour * hourMs);
    if (decision.outcome !== "change") return this;
    const entry = { ...decision.draft, sequence: 1, at: hour * hourMs };
    expect(findEntryErrors(this.state, entry)).toEqual([]);
    this.state = applyEntry(this.state, entry);
    return this;
  }

  dispute(arrives: number, status: DisputeStatus, version: number): this {
    const times = { createdAt: 5 * hourMs, version: version * hourMs };
    const dispute = { id: "dp_1", amount: 4_900, currency: "eur", status, ...times };
    return this.report(arrives, { type: "dispute", paymentIntentId: "pi_1", invoice: null, dispute });
  }

  refund(arrives: number, status: RefundStatus, created: Moment): this {
    const times = { createdAt: created * hourMs, version: arrives * hourMs };
    const refund = { id: "re_1", amount: 4_900, currency: "eur", status, ...times };
    return this.report(arrives, { type: "refund", paymentIntentId: "pi_1", invoice: null, refund });
  }

  operate(hour: number, action: ManualAction): this {
    const decision = decideManualAction(this.state, action, context, hour * hourMs);
    if (decision.outcome !== "change") throw new Error(decision.code);
    this.state = applyEntry(this.state, { touched: decision.touched, records: [] });
    return this;
  }

  add(hour: number, units: number): this {
    return this.operate(hour, { type: "adjust", entitlementId: "cs_1", how: "add", units });
  }
}

const liftDispute: ManualAction = { type: "lift_hold", entitlementId: "cs_1", causeId: "dp_1" };

describe("reversal of a purchase", () => {
  it("a dispute that was lost before an operator lifted its hold takes no units, however late it arrives", () => {
    const customer = new Customer().dispute(6, "needs_response", 5).operate(10, liftDispute);
    customer.dispute(11, "lost", 9);
    expect(customer.pack).toMatchObject({ status: "active", unitsRemaining: 1_000 });
    customer.dispute(12, "lost", 9).refund(13, "failed", 12);
    expect(customer.pack).toMatchObject({ status: "active", unitsRemaining: 1_000 });
  });

  it("a dispute that is lost after an operator lifted its hold takes the units", () => {
    const customer = new Customer().dispute(6, "needs_response", 5).operate(10, liftDispute);
    expect(customer.dispute(13, "lost", 12).pack).toMatchObject({ status: "canceled", unitsRemaining: 0 });
  });

  it("a refund from before an operator added units leaves those units, and its failure returns the rest", () => {
    const customer = new Customer().add(10, 500).refund(11, "succeeded", 9);
    expect(customer.pack).toMatchObject({ status: "active", unitsRemaining: 500, unitsClawedBack: 1_000 });
    customer.refund(12, "failed", 9);
    expect(customer.pack).toMatchObject({ status: "active", unitsRemaining: 1_500, unitsClawedBack: null });
  });

  it("units that were added after a dispute was lost are left when a read reports the loss before its event", () => {
    const customer = () => new Customer().dispute(6, "needs_response", 5).add(10, 500);
    const left = { status: "active", unitsRemaining: 500, unitsClawedBack: 1_000 };
    expect(customer().dispute(11, "lost", 9).pack).toMatchObject(left);
    const read = customer().dispute(12, "lost", 12);
    expect(read.pack).toMatchObject({ status: "canceled", unitsRemaining: 0 });
    expect(read.dispute(13, "lost", 9).pack).toMatchObject(left);
  });

  it("a revocation after a refund counts the units of both as clawed back", () => {
    const customer = new Customer().add(10, 500).refund(11, "succeeded", 9);
    customer.operate(12, { type: "revoke", entitlementId: "cs_1" });
    expect(customer.pack).toMatchObject({ status: "canceled", unitsRemaining: 0, unitsClawedBack: 1_500 });
  });

  it("a refund after an operator added units takes all of them", () => {
    const customer = new Customer().add(10, 500).refund(12, "succeeded", 11);
    expect(customer.pack).toMatchObject({ status: "canceled", unitsRemaining: 0 });
  });
});
