import { describe, expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { Customer } from "./customer.ts";

const hourMs = 3_600_000;

/** Reserves, and returns the id. */
function hold(customer: Customer, units: number, ms = hourMs): string {
  const result = customer.reserve(units, ms);
  if ("refused" in result) throw new Error(result.refused);
  return result.done.reservationId ?? "";
}

function customerWith(units: number): Customer {
  const customer = new Customer();
  customer.buy("cs_a", units);
  return customer;
}

describe("a settle", () => {
  it("takes from the pack that expires soonest, and returns the rest to the packs it came from", () => {
    const customer = customerWith(100);
    customer.buy("cs_soon", 50, 1);
    const id = hold(customer, 120);
    expect(customer.settle(id, 60)).toMatchObject({
      done: { consumed: 60, released: 60, usageRemaining: 90 },
    });
    expect([customer.remaining("cs_soon"), customer.remaining("cs_a")]).toEqual([0, 90]);
  });

  it("of more than is held leaves the reservation open unless the packs cover all of the rest", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    expect(customer.settle(id, 61)).toEqual({ refused: "exceeds_reservation" });
    expect(customer.settle(id, 101, { allowMore: true })).toEqual({ refused: "exceeds_reservation" });
    expect(customer.read().reserved).toEqual({ cs_a: 60 });
    expect(customer.settle(id, 100, { allowMore: true })).toMatchObject({
      done: { consumed: 100, released: 0, usageRemaining: 0 },
    });
  });

  it("in parts keeps the rest held, also once nothing is left of it", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    for (const part of [25, 35])
      expect(customer.settle(id, part, { keepOpen: true })).toMatchObject({
        done: { consumed: part, released: 0 },
      });
    expect(customer.read()).toMatchObject({ remaining: 40, reserved: {} });
    expect(customer.settle(id, 10, { keepOpen: true, allowMore: true })).toMatchObject({
      done: { consumed: 10 },
    });
    expect(customer.release(id)).toMatchObject({ done: { released: 0, usageRemaining: 30 } });
    expect(customer.settle(id, 1)).toEqual({ refused: "reservation_closed" });
  });

  it("at the very moment of expiry draws from the balance, not from units that another job took", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    customer.now += hourMs;
    expect(customer.consume(70)).toMatchObject({ done: { usageRemaining: 30 } });
    expect(customer.settle(id, 60)).toEqual({ refused: "reservation_expired" });
    expect(customer.settle(id, 30)).toMatchObject({ done: { consumed: 30, usageRemaining: 0 } });
  });

  it("of nothing releases everything", () => {
    const customer = customerWith(100);
    expect(customer.settle(hold(customer, 60), 0)).toMatchObject({ done: { consumed: 0, released: 60 } });
    expect(customer.remaining("cs_a")).toBe(100);
  });
});

describe("a settle in parts after the expiry", () => {
  it("draws each part from the balance, and no more than was left to settle", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    customer.settle(id, 20, { keepOpen: true });
    customer.now += hourMs;
    expect(customer.settle(id, 41)).toEqual({ refused: "exceeds_reservation" });
    for (const part of [15, 20])
      expect(customer.settle(id, part, { keepOpen: true })).toMatchObject({
        done: { consumed: part, released: 0 },
      });
    expect(customer.settle(id, 5)).toMatchObject({ done: { consumed: 5, usageRemaining: 40 } });
    expect(customer.settle(id, 1)).toEqual({ refused: "reservation_closed" });
  });

  it("keeps the note of a part that was not billed while another part is", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    customer.now += hourMs;
    customer.consume(90);
    const unfunded = () => customer.state.reservations.get(id)?.unfunded;
    expect(customer.settle(id, 20, { keepOpen: true })).toEqual({ refused: "reservation_expired" });
    expect(customer.settle(id, 10, { keepOpen: true })).toMatchObject({ done: { consumed: 10 } });
    expect(unfunded()).toBe(20);
    customer.buy("cs_b", 20);
    expect(customer.settle(id, 20, { keepOpen: true })).toMatchObject({ done: { usageRemaining: 0 } });
    expect(unfunded()).toBeUndefined();
  });
});

describe("a reservation from a purchase that is reversed", () => {
  it("spends what is settled after a refund, and a failed refund restores exactly the rest", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    customer.refund("cs_a", "succeeded");
    expect(customer.settle(id, 20)).toMatchObject({
      done: { consumed: 20, released: 40, usageRemaining: 0 },
    });
    customer.now += 1_000;
    customer.refund("cs_a", "failed");
    expect(customer.remaining("cs_a")).toBe(80);
  });

  it("returns to a lost and then won dispute exactly what it held", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    customer.dispute("cs_a", "lost");
    expect(customer.release(id)).toMatchObject({ done: { released: 60, usageRemaining: 0 } });
    customer.now += 1_000;
    customer.dispute("cs_a", "won");
    expect(customer.remaining("cs_a")).toBe(100);
  });

  it("does not give back what was held before a refund of a pack that an operator's units keep active", () => {
    const customer = customerWith(100);
    customer.now += 1_000;
    const before = hold(customer, 60);
    customer.now += 1_000;
    const refundedAt = customer.now;
    customer.operate({ type: "adjust", entitlementId: "cs_a", how: "add", units: 50 });
    customer.now = refundedAt + 1_000;
    customer.refundAsOf("cs_a", refundedAt - 500);
    expect(customer.remaining("cs_a")).toBe(50);
    customer.now += 1_000;
    const after = hold(customer, 30);
    customer.release(before);
    expect(customer.remaining("cs_a")).toBe(20);
    customer.release(after);
    expect(customer.remaining("cs_a")).toBe(50);
  });

  it("can be settled while the payment is disputed, and what is released stays blocked", () => {
    const customer = customerWith(100);
    const id = hold(customer, 60);
    customer.dispute("cs_a", "needs_response");
    expect(customer.settle(id, 20)).toMatchObject({ done: { consumed: 20, usageRemaining: 0 } });
    expect(customer.remaining("cs_a")).toBe(80);
    expect(customer.read().decision).toMatchObject({ allowed: false, reason: "payment_disputed" });
  });
});

describe("a reservation from a pack that expires", () => {
  it("can be settled afterwards, and what is released then expires", () => {
    const customer = new Customer();
    customer.buy("cs_a", 100, 1);
    customer.now += dayMs - hourMs / 2;
    const id = hold(customer, 60);
    customer.now += hourMs / 2;
    customer.wake();
    expect(customer.settle(id, 20)).toMatchObject({
      done: { consumed: 20, released: 40, usageRemaining: 0 },
    });
    expect(customer.movements("cs_a")).toMatchObject({ consumed: -20, expired: -80 });
  });
});

describe("a reservation from a pack with a corrected time of payment", () => {
  /** Stripe gives an estimate of the time at first. */
  class LateCustomer extends Customer {
    pay(paidAt: number, paidAtFrom: "estimate" | "event"): void {
      this.report({
        type: "purchase",
        terms: {
          kind: "usage_pack",
          productCode: "CREDITS",
          units: 100,
          durationDays: null,
          expiresAfterDays: 1,
        },
        paidAt,
        paidAtFrom,
        purchase: {
          attemptId: null,
          checkoutSessionId: "cs_a",
          paymentIntentId: "pi_a",
          subscriptionId: null,
          customerId: null,
          amountTotal: 4_900,
          currency: "eur",
          metadata: {},
        },
      });
    }
  }

  it("returns what was released after the former expiry", () => {
    const customer = new LateCustomer();
    const paidAt = customer.now;
    customer.pay(paidAt - hourMs, "estimate");
    customer.now += 22 * hourMs;
    const id = hold(customer, 60, 2 * hourMs);
    customer.now += hourMs;
    customer.wake();
    customer.release(id);
    expect(customer.remaining("cs_a")).toBe(0);
    customer.pay(paidAt, "event");
    expect(customer.remaining("cs_a")).toBe(100);
  });
});

describe("a reverse", () => {
  it("forfeits what came from a pack that has ended, and prefers a pack that has not", () => {
    const customer = customerWith(50);
    customer.buy("cs_soon", 50, 1);
    customer.consume(80);
    const consumed = customer.entries.length;
    customer.now += dayMs;
    expect(customer.reverse(consumed, 40)).toMatchObject({
      done: { returned: 30, forfeited: 10, usageRemaining: 50 },
    });
    expect(customer.reverse(consumed)).toEqual({ refused: "already_reversed" });
  });
});

describe("units at their limits", () => {
  it("a customer reserves and settles the most units that an operator can add, exactly", () => {
    const customer = customerWith(1);
    const most = 1_000_000_000_000;
    customer.operate({ type: "adjust", entitlementId: "cs_a", how: "set", units: most });
    const id = hold(customer, 1_000_000_000);
    customer.settle(id, 999_999_999);
    expect(customer.remaining("cs_a")).toBe(most - 999_999_999);
  });
});
