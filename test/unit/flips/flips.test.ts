import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockChanges } from "../../../shared/contract/enums.ts";
import { decideConsume } from "../../../shared/domain/consume.ts";
import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import { dayMs, type Entitlement, type Moment } from "../../../shared/domain/entitlement.ts";
import { decideExpire } from "../../../shared/domain/expire.ts";
import { canFlip, type Flip, type FlipStart, findFlips } from "../../../shared/domain/flips.ts";
import { applyEntry, emptyState } from "../../../shared/domain/ledger.ts";
import { Merger } from "../stripe/merge-event.ts";
import { history, type History as StripeHistory } from "../stripe/model/arbitraries.ts";
import { playHistory } from "../stripe/stripe-model.ts";
import { anyHistory, type HistoryEntry, span } from "./histories.ts";

const histories = Number(process.env["HISTORIES"] ?? 6_000);
const stripeHistories = Math.ceil(histories / 15);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

const beginning: FlipStart = { entitlements: new Map(), sequence: 0, at: Number.NEGATIVE_INFINITY };

/** The states of a history: the beginning, and one after each entry. */
function listStates(entries: HistoryEntry[]): FlipStart[] {
  const states = [beginning];
  let state = emptyState;
  for (const { sequence, at, touched } of entries) {
    state = applyEntry(state, { touched, records: [] });
    states.push({ entitlements: state.entitlements, sequence, at });
  }
  return states;
}

const decideAt = ({ entitlements }: FlipStart, at: Moment): Decision =>
  decideAccess(entitlements.values(), at);

/** Folds flips: the last one up to the entry `sequence` and the moment `at`. */
const foldFlips = (flips: Flip[], sequence: number, at: Moment): boolean =>
  flips.findLast((flip) => flip.sequence < sequence || (flip.sequence === sequence && flip.at <= at))?.after
    .allowed ?? false;

/** Compares the flips with the decision after each entry, at each of `moments` until the next entry. */
function checkFlips(entries: HistoryEntry[], moments: Moment[], end: Moment): Flip[] {
  const states = listStates(entries);
  const flips = findFlips(beginning, entries, end);
  for (const [index, state] of states.entries()) {
    const until = states[index + 1]?.at ?? end;
    const shown = [state.at, ...moments, until].filter((at) => at >= state.at && at <= until);
    for (const at of shown)
      if (decideAt(state, at).allowed !== foldFlips(flips, state.sequence, at))
        expect.fail(`entry ${state.sequence} at ${at}: ${JSON.stringify(flips)}`);
  }
  for (const [index, flip] of flips.entries()) {
    expect(flip.after.allowed, "flips alternate").toBe(index % 2 === 0);
    expect(flip.before.allowed).toBe(!flip.after.allowed);
    checkFlip(flip, states);
  }
  return flips;
}

/** Checks that the flip has the decisions just before and after it, and a cause that explains it. */
function checkFlip({ at, sequence, cause, before, after }: Flip, states: FlipStart[]): void {
  const state = states[sequence] ?? beginning;
  expect(after).toEqual(decideAt(state, at));
  if (cause.type === "entry") {
    expect(cause.sequence).toBe(sequence);
    expect(before).toEqual(decideAt(states[sequence - 1] ?? beginning, at));
    return;
  }
  expect(before).toEqual(decideAt(state, at - 1));
  expect(cause.entitlementId).toBe(after.allowed ? after.entitlementId : before.entitlementId);
  const entitlement = state.entitlements.get(cause.entitlementId);
  expect(momentsOf(entitlement)[cause.change]).toContain(at);
}

function momentsOf(entitlement: Entitlement | undefined): Record<string, (Moment | null | undefined)[]> {
  return {
    started: [entitlement?.startsAt],
    expired: [entitlement?.expiresAt],
    grace_ended: [entitlement?.graceUntil],
    coverage_ended: [entitlement?.coveredUntil],
    hold_began: entitlement?.holds.map(({ window }) => window?.from) ?? [],
    hold_ended: entitlement?.holds.map(({ window }) => window?.until) ?? [],
  };
}

/** Every moment that an entry mentions, with the milliseconds before and after it. */
function boundariesOf(entries: HistoryEntry[]): Moment[] {
  const named = entries.flatMap(({ at, touched }) => [
    at,
    ...touched.flatMap(({ entitlement }) => [
      entitlement.currentPeriodEnd,
      entitlement.paidThrough,
      ...Object.values(momentsOf(entitlement)).flat(),
    ]),
  ]);
  return [...new Set(named)].flatMap((at) => (at == null ? [] : [at - 1, at, at + 1]));
}

const everyMoment = Array.from({ length: span + 4 }, (_, index) => index - 1);

/** Merges the events of Stripe as they happen. Units are spent and expiries recorded in between. */
function playSubject({ shape, actions, orders: [keys = []] }: StripeHistory) {
  const model = playHistory(shape, actions);
  const merger = new Merger(model);
  const key = keys[Symbol.iterator]();
  const next = (): number => key.next().value ?? 0;
  const use = (at: Moment) => {
    const { entitlements } = merger.state;
    const expired = next() % 2 === 0 ? decideExpire(entitlements, at) : null;
    if (expired !== null) merger.apply(expired, at);
    const idempotency = { endpoint: "usage/consume" as const, key: "k", requestHash: "" };
    const command = { units: 1 + (next() % 100), idempotency, cause: { type: "clock" as const } };
    const spent = decideConsume(merger.state.entitlements, command, at);
    if (spent.outcome === "change") merger.apply(spent.draft, at);
  };
  for (const { event, subscriptionsThen } of model.events) {
    // An event can arrive late. Its entry is never earlier than the previous one.
    const at = Math.max(event.created * 1_000, merger.entries.at(-1)?.at ?? 0);
    merger.merge(event, (id) => ({ subscription: subscriptionsThen.get(id) ?? {}, at }), at);
    if (next() % 3 === 0) use(at);
  }
  const end = model.nowMs + 60 * dayMs;
  const entries = merger.entries.map(({ draft, at }, index): HistoryEntry => {
    const { operation, touched } = draft;
    return { sequence: index + 1, at, operation, touched };
  });
  const random = Array.from({ length: 20 }, () => Math.floor((end * next()) / 1_000));
  return { entries, end, moments: [...boundariesOf(entries), ...random] };
}

describe("flips", () => {
  it(`the fold of the flips is the decision at every moment (${histories} histories, SEED=${seed})`, () => {
    const seen = new Set<string>();
    const property = fc.property(anyHistory, (entries) => {
      for (const { cause } of checkFlips(entries, everyMoment, span + 2))
        seen.add(cause.type === "entry" ? "entry" : cause.change);
    });
    fc.assert(property, { numRuns: histories, seed });
    expect([...seen].toSorted()).toEqual(["entry", ...clockChanges].toSorted());
  }, 60_000);

  it(`the fold of the flips is the decision in ${stripeHistories} histories of Stripe (SEED=${seed})`, () => {
    let byClock = 0;
    const property = fc.property(history(1), (stripe) => {
      const { entries, end, moments } = playSubject(stripe);
      const flips = checkFlips(entries, moments, end);
      byClock += flips.filter(({ cause }) => cause.type === "clock").length;
    });
    fc.assert(property, { numRuns: stripeHistories, seed });
    expect(byClock).toBeGreaterThan(stripeHistories / 20);
  }, 60_000);

  it("flips from the state after any entry are the flips after that entry", () => {
    const property = fc.property(anyHistory, fc.nat({ max: 8 }), (entries, chosen) => {
      const flips = findFlips(beginning, entries, span + 2);
      const start = listStates(entries)[Math.min(chosen, entries.length)] ?? beginning;
      const isAfter = ({ sequence, at }: Flip) =>
        sequence > start.sequence || (sequence === start.sequence && at > start.at);
      expect(findFlips(start, entries.slice(start.sequence), span + 2)).toEqual(flips.filter(isAfter));
    });
    fc.assert(property, { numRuns: histories / 2, seed });
  });

  it("entries that leave units in their packs can be left out", () => {
    const withoutSequence = ({ sequence: _, ...flip }: Flip) => flip;
    const property = fc.property(anyHistory, (entries) => {
      const all = findFlips(beginning, entries, span + 2);
      const some = findFlips(beginning, entries.filter(canFlip), span + 2);
      expect(some.map(withoutSequence)).toEqual(all.map(withoutSequence));
    });
    fc.assert(property, { numRuns: histories / 2, seed });
  });
});
