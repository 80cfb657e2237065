import fc from "fast-check";
import { expect, it } from "vitest";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { canFlip, findFlips } from "../../../shared/domain/flips.ts";
import { heldUnits, maxOpenReservations } from "../../../shared/domain/reservation.ts";
import type { Answer } from "./answer.ts";
import { Customer } from "./customer.ts";

/**
 * Random histories of a customer's credits. The model knows no ledger: it counts what the replies say. Each entry is
 * verified as it is written.
 */
const lots = ["cs_a", "cs_b", "cs_c"];
const lot = fc.constantFrom(...lots);
const units = fc.integer({ min: 1, max: 120 });
const pick = fc.nat({ max: 99 });

type Step =
  | { do: "buy"; lot: string; units: number; days: number | null }
  | { do: "consume"; units: number }
  | { do: "reserve"; units: number; ms: number; onExpiry: "release" | "settle" }
  | { do: "settle"; pick: number; units: number; allowMore: boolean; keepOpen: boolean }
  | { do: "release"; pick: number }
  | { do: "reverse"; pick: number; units: number | null }
  | { do: "refund"; lot: string; status: "succeeded" | "failed" }
  | { do: "dispute"; lot: string; status: "needs_response" | "won" | "lost" }
  | { do: "adjust"; lot: string; how: "add" | "remove" | "set"; units: number }
  | { do: "revoke"; lot: string }
  | { do: "support_release"; pick: number }
  | { do: "advance"; ms: number }
  | { do: "wake" }
  | { do: "read" };

const arbitrary = <S extends Step>(weight: number, shape: { [K in keyof S]: fc.Arbitrary<S[K]> }) => ({
  weight,
  arbitrary: fc.record(shape) as fc.Arbitrary<Step>,
});
const is = <D extends Step["do"]>(name: D) => fc.constant(name);

const step = fc.oneof(
  arbitrary<Extract<Step, { do: "buy" }>>(3, {
    do: is("buy"),
    lot,
    units: fc.integer({ min: 1, max: 200 }),
    days: fc.option(fc.integer({ min: 1, max: 4 })),
  }),
  arbitrary<Extract<Step, { do: "consume" }>>(3, { do: is("consume"), units }),
  arbitrary<Extract<Step, { do: "reserve" }>>(6, {
    do: is("reserve"),
    units,
    ms: fc.integer({ min: 1_000, max: dayMs }),
    onExpiry: fc.constantFrom("release", "settle"),
  }),
  arbitrary<Extract<Step, { do: "settle" }>>(5, {
    do: is("settle"),
    pick,
    units: fc.nat({ max: 150 }),
    allowMore: fc.boolean(),
    keepOpen: fc.boolean(),
  }),
  arbitrary<Extract<Step, { do: "release" }>>(2, { do: is("release"), pick }),
  arbitrary<Extract<Step, { do: "reverse" }>>(2, { do: is("reverse"), pick, units: fc.option(units) }),
  arbitrary<Extract<Step, { do: "refund" }>>(2, {
    do: is("refund"),
    lot,
    status: fc.constantFrom("succeeded", "failed"),
  }),
  arbitrary<Extract<Step, { do: "dispute" }>>(2, {
    do: is("dispute"),
    lot,
    status: fc.constantFrom("needs_response", "won", "lost"),
  }),
  arbitrary<Extract<Step, { do: "adjust" }>>(2, {
    do: is("adjust"),
    lot,
    how: fc.constantFrom("add", "remove", "set"),
    units,
  }),
  arbitrary<Extract<Step, { do: "revoke" }>>(1, { do: is("revoke"), lot }),
  arbitrary<Extract<Step, { do: "support_release" }>>(1, { do: is("support_release"), pick }),
  arbitrary<Extract<Step, { do: "advance" }>>(4, {
    do: is("advance"),
    ms: fc.integer({ min: 1, max: dayMs }),
  }),
  arbitrary<Extract<Step, { do: "wake" }>>(1, { do: is("wake") }),
  arbitrary<Extract<Step, { do: "read" }>>(3, { do: is("read") }),
);

class History {
  readonly customer = new Customer();
  readonly answers: Answer[] = [];
  /** What the replies say was consumed, less what was given back. */
  consumed = 0;
  readonly reservations: string[] = [];
  private readonly spends: number[] = [];

  play(step: Step): unknown {
    const { customer } = this;
    const id = "pick" in step ? this.reservations[step.pick % Math.max(1, this.reservations.length)] : null;
    switch (step.do) {
      case "buy":
        return customer.buy(step.lot, step.units, step.days);
      case "consume":
        return this.count(customer.consume(step.units));
      case "reserve": {
        const before = customer.read().remaining;
        const result = customer.reserve(step.units, step.ms, step.onExpiry);
        if ("refused" in result) {
          expect(result.refused).toBe("insufficient_usage");
          return expect(before).toBeLessThan(step.units);
        }
        this.reservations.push(result.done.reservationId ?? "");
        return expect(result.done.usageRemaining).toBe(before - step.units);
      }
      case "settle":
        return id == null ? undefined : this.count(customer.settle(id, step.units, step));
      case "release":
        if (id != null) customer.release(id);
        return;
      case "reverse": {
        const sequence = this.spends[step.pick % Math.max(1, this.spends.length)];
        if (sequence === undefined) return;
        const result = customer.reverse(sequence, step.units);
        if ("done" in result) this.consumed -= result.done.returned ?? 0;
        return;
      }
      case "refund":
        return customer.refund(step.lot, step.status);
      case "dispute":
        return customer.dispute(step.lot, step.status);
      case "adjust":
        return customer.operate({
          type: "adjust",
          entitlementId: step.lot,
          how: step.how,
          units: step.units,
        });
      case "revoke":
        return customer.operate({ type: "revoke", entitlementId: step.lot });
      case "support_release":
        if (id != null) customer.operate({ type: "release_reservation", reservationId: id });
        return;
      case "advance":
        customer.now += step.ms;
        return;
      case "wake":
        return customer.wake();
      case "read":
        this.answers.push(customer.read());
    }
  }

  private count(result: ReturnType<Customer["consume"]>): void {
    if ("refused" in result) return;
    this.consumed += result.done.consumed;
    if (result.done.consumed > 0) this.spends.push(this.customer.entries.length);
  }

  check(): void {
    const { customer } = this;
    customer.wake();
    const { reservations } = customer.state;
    let consumed = 0;
    for (const each of lots) {
      const sums = customer.movements(each);
      const sum = (name: string) => sums[name] ?? 0;
      const held = [...reservations.values()]
        .flatMap((reservation) => reservation.lots)
        .reduce((total, { entitlementId, units }) => total + (entitlementId === each ? units : 0), 0);
      // Reserved and not released is what open reservations hold.
      expect(sum("reserved") + sum("released")).toBe(held === 0 ? 0 : -held);
      expect(Object.values(sums).reduce((total, change) => total + change, 0)).toBe(customer.remaining(each));
      expect(customer.remaining(each)).toBeGreaterThanOrEqual(0);
      // What was spent or is held came from what was granted or added.
      const taken = -sum("consumed") + held;
      expect(taken).toBeLessThanOrEqual(
        sum("granted") + sum("adjusted") + sum("clawed_back") + sum("expired"),
      );
      consumed -= sum("consumed");
    }
    // Reservations that lapse can settle themselves.
    const byClock = customer.entries
      .filter(({ operation }) => operation === "lapse")
      .flatMap(({ touched }) => touched.flatMap(({ units }) => units))
      .reduce((total, { movement, change }) => total - (movement === "consumed" ? change : 0), 0);
    expect(consumed).toBe(this.consumed + byClock);
    for (const reservation of reservations.values()) {
      if (reservation.status === "open") expect(reservation.expiresAt).toBeGreaterThan(customer.now);
      else expect(heldUnits(reservation)).toBe(0);
    }
    expect(reservations.size).toBeLessThanOrEqual(2 * maxOpenReservations);
    for (const each of this.answers) expect(customer.asOf(each)).toEqual(each);
    this.checkFlips();
  }

  /** The flips of all entries are those of the decisive ones, and give the decision of each answer. */
  private checkFlips(): void {
    const { entries, now } = this.customer;
    const start = { entitlements: new Map(), sequence: 0, at: 0 };
    const flips = findFlips(start, entries, now);
    expect(findFlips(start, entries.filter(canFlip), now).map(({ at, after }) => [at, after])).toEqual(
      flips.map(({ at, after }) => [at, after]),
    );
    for (const { at, decision } of this.answers) {
      const last = flips.filter((flip) => flip.at <= at).at(-1);
      const isAmbiguous = flips.some((flip) => flip.at === at);
      if (!isAmbiguous) expect(last?.after.allowed ?? false).toBe(decision.allowed);
    }
  }
}

const histories = Number(process.env["HISTORIES"] ?? 2_500);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

it(
  `credits add up at every entry, are spent once, and are as they were answered (${histories} histories, SEED=${seed})`,
  () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const history = new History();
        for (const each of steps) history.play(each);
        history.check();
      }),
      { numRuns: histories, seed },
    );
  },
  30_000 + histories * 20,
);
