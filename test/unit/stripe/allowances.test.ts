import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AllowanceTerms } from "../../../shared/domain/allowance-terms.ts";
import { applyClock } from "../../../shared/domain/clock-entries.ts";
import type { TermsFact } from "../../../shared/domain/decide-stripe.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { dayMs, type Entitlement } from "../../../shared/domain/entitlement.ts";
import { applyEntry, emptyState, findEntryErrors } from "../../../shared/domain/ledger.ts";
import { deliverInOrder, deliverShuffled } from "./deliver.ts";
import type { Merger } from "./merge-event.ts";
import { history } from "./model/arbitraries.ts";
import { playHistory } from "./stripe-model.ts";

const histories = Number(process.env["HISTORIES"] ?? 300);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

const version = fc.record({
  units: fc.integer({ min: 0, max: 500 }),
  every: fc.constantFrom("period" as const, "month" as const),
  rolloverWindows: fc.integer({ min: 0, max: 3 }),
  rolloverMax: fc.option(fc.integer({ min: 0, max: 600 })),
  inTrial: fc.option(fc.integer({ min: 1, max: 50 })),
  afterDays: fc.integer({ min: -30, max: 120 }),
});

/** What the products of the model include, from their sale on or from a later day. */
const includes = fc
  .record({
    PRO: fc.array(version, { minLength: 1, maxLength: 3 }),
    TEAM: fc.array(version, { minLength: 1, maxLength: 2 }),
    ADDON: fc.array(version, { maxLength: 1 }),
  })
  .map(
    (products) =>
      (startMs: number): TermsFact[] =>
        Object.entries(products).map(([productCode, versions]) => ({
          type: "terms",
          productCode,
          versions: versions.map(
            ({ afterDays, ...terms }, index): AllowanceTerms => ({
              ...terms,
              version: index + 1,
              from: startMs + afterDays * dayMs,
            }),
          ),
        })),
  );

const withoutWindows = ({ allowance: _, updatedAt: __, ...entitlement }: Entitlement) => entitlement;

/** Lots that a missing event granted for a while are empty, and are no difference. */
const shownBy = (merger: Merger, now: number) => {
  const { entitlements, decision } = merger.result(now);
  return {
    decision,
    entitlements: entitlements.filter(
      ({ includedIn, unitsGranted }) => includedIn === undefined || unitsGranted !== 0,
    ),
  };
};

describe("allowances over histories of Stripe events", () => {
  it(`the same lots follow from shuffled events (${histories} histories, SEED=${seed})`, () => {
    let lots = 0;
    fc.assert(
      fc.property(history(2), includes, ({ shape, actions, orders }, build) => {
        const model = playHistory(shape, actions);
        const end = model.nowMs + 1_000;
        const terms = build(model.events[0]?.event.created ? model.events[0].event.created * 1_000 : 0);
        const inOrder = shownBy(deliverInOrder(model, undefined, terms), end);
        lots += inOrder.entitlements.filter(({ includedIn }) => includedIn !== undefined).length;
        for (const order of orders)
          expect(shownBy(deliverShuffled(model, end, order, undefined, terms), end)).toEqual(inOrder);
      }),
      { numRuns: histories, seed },
    );
    expect(lots).toBeGreaterThan(histories / 2);
  }, 240_000);

  it(`a check is the same with and without allowances, and the sums hold (${histories} histories, SEED=${seed})`, () => {
    fc.assert(
      fc.property(history(1), includes, ({ shape, actions }, build) => {
        const model = playHistory(shape, actions);
        const terms = build((model.events[0]?.event.created ?? 0) * 1_000);
        const merger = deliverInOrder(model, undefined, terms);
        const without = deliverInOrder(model);
        let state = emptyState;
        for (const [index, { draft, at }] of merger.entries.entries()) {
          expect(findEntryErrors(state, { ...draft, sequence: index + 1, at })).toEqual([]);
          state = applyEntry(state, draft);
        }
        const headAt = merger.entries.at(-1)?.at ?? 0;
        for (const days of [0, 1, 20, 45, 400]) {
          const now = model.nowMs + days * dayMs;
          const present = applyClock(merger.state, headAt, now);
          const own = [...present.entitlements.values()];
          expect(decideAccess(own, now)).toEqual(decideAccess(without.state.entitlements.values(), now));
          const others = own.filter(({ includedIn }) => includedIn === undefined).map(withoutWindows);
          expect(others).toEqual([...without.state.entitlements.values()].map(withoutWindows));
        }
      }),
      { numRuns: histories, seed },
    );
  }, 240_000);
});
