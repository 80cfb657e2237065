import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type OutboundEventData, outboundEventDataSchema } from "../../../shared/contract/outbound-event.ts";
import { findClockSignals, findEntrySignals, type Signal } from "../../../shared/domain/access-signals.ts";
import { findNextClockMoment } from "../../../shared/domain/clock-changes.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import type { Moment } from "../../../shared/domain/entitlement.ts";
import {
  applyEntry,
  emptyState,
  type LedgerEntry,
  type SubjectState,
} from "../../../shared/domain/ledger.ts";
import { anyHistory, type HistoryEntry, span } from "../flips/histories.ts";
import { history, play, type Step } from "./customer-histories.ts";

const histories = Number(process.env["HISTORIES"] ?? 4_000);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const subject = { projectId: "prj_1", mode: "test" as const, subjectRef: "user_1" };
const toDecisionId = ({ sequence, at }: { sequence: number; at: Moment }) => `dec_${sequence}_${at}`;
const end = span + 2;

const toEntry = (entry: HistoryEntry): LedgerEntry => ({
  ...entry,
  records: [],
  source: "stripe",
  reason: "subscription_updated",
  actor: null,
  idempotency: null,
  cause: { type: "clock" },
});

/**
 * Stores signals as the object does: at each entry, and at alarms, which come at any time. `alarms` are moments; an
 * alarm between two entries is not earlier than the first.
 */
function storeSignals(entries: HistoryEntry[], alarms: Moment[]): Signal[] {
  const signals: Signal[] = [];
  let state: SubjectState = emptyState;
  let last = { sequence: 0, at: -1 };
  const ring = (until: Moment) => {
    for (const alarm of alarms.filter((at) => at > last.at && at <= until).toSorted((a, b) => a - b)) {
      const found = findClockSignals(subject, state, last, alarm, toDecisionId);
      signals.push(...found);
      if (found.length > 0) last = { ...last, at: alarm };
    }
  };
  for (const each of entries.map(toEntry)) {
    // An alarm of the same millisecond may come before or after the entry: the earlier ones ring here.
    ring(each.at - 1);
    const next = applyEntry(state, each);
    signals.push(...findEntrySignals(subject, state, next, last, each, toDecisionId));
    state = next;
    last = { sequence: each.sequence, at: each.at };
  }
  ring(end);
  signals.push(...findClockSignals(subject, state, last, end, toDecisionId));
  return signals;
}

const alarms = fc.array(fc.nat({ max: end }), { maxLength: 6 });

/** Turns of access that random histories have too rarely to count on. */
const rareTurns: Step[][] = [
  [
    (customer) => customer.buy("cs_a", 100),
    (customer) => customer.dispute("cs_a", "needs_response"),
    (customer) => customer.dispute("cs_a", "won"),
  ],
  [(customer) => customer.buy("cs_a", 100), (customer) => customer.refund("cs_a", "succeeded")],
];

describe("signals of access", () => {
  it(`gained and lost alternate and fold to the decision at every moment (${histories} histories, SEED=${seed})`, () => {
    const seen = new Set<string>();
    const property = fc.property(anyHistory, alarms, (entries, rings) => {
      const signals = storeSignals(entries, rings);
      for (const [index, { event, at, sequence }] of signals.entries()) {
        expect(event.type, "they alternate").toBe(index % 2 === 0 ? "access.gained" : "access.lost");
        expect(event.data).toMatchObject({ sequence, decision_id: toDecisionId({ sequence, at }) });
        expect(() => outboundEventDataSchema.parse(event.data)).not.toThrow();
        seen.add(event.type === "access.lost" ? event.data.reason : event.data.source);
      }
      let state: SubjectState = emptyState;
      for (const [index, each] of entries.map(toEntry).entries()) {
        state = applyEntry(state, each);
        const until = entries[index + 1]?.at ?? end;
        for (let at = each.at; at <= until; at++) {
          const last = signals.findLast(
            (signal) =>
              signal.sequence < each.sequence || (signal.sequence === each.sequence && signal.at <= at),
          );
          const decision = decideAccess(state.entitlements.values(), at);
          const folded = { allowed: last?.event.type === "access.gained", reason: reasonOf(last?.event) };
          expect(folded.allowed, `entry ${each.sequence} at ${at}`).toBe(decision.allowed);
          // The reason is that of the moment at which access was lost. A later entry can change it.
          if (last?.at === at && last.sequence === each.sequence && !decision.allowed)
            expect(folded.reason).toBe(decision.reason);
        }
      }
    });
    fc.assert(property, { numRuns: histories, seed });
    expect(seen).toContain("system");
    expect(seen).toContain("stripe");
    expect(seen).toContain("usage_exhausted");
  }, 60_000);

  it("gained and lost alternate and fold to the decision over reservations, allowances, refunds and recoveries", () => {
    const seen = new Set<string>();
    const property = fc.property(history, (steps) => {
      const { entries, now } = play(steps);
      const signals: Signal[] = [];
      let state: SubjectState = emptyState;
      let last = { sequence: 0, at: -1 };
      for (const [index, each] of entries.entries()) {
        const next = applyEntry(state, each);
        signals.push(...findEntrySignals(subject, state, next, last, each, toDecisionId));
        state = next;
        last = { sequence: each.sequence, at: each.at };
        const until = entries[index + 1]?.at ?? Math.max(now, each.at);
        const later = findClockSignals(subject, state, last, until, toDecisionId);
        const moments = [each.at];
        for (
          let at = findNextClockMoment(state.entitlements, each.at);
          at !== null && at <= until;
          at = findNextClockMoment(state.entitlements, at)
        )
          moments.push(at - 1, at);
        for (const at of moments) {
          const known = [...signals, ...later].findLast((signal) => signal.at <= at);
          const isAllowed = decideAccess(state.entitlements.values(), at).allowed;
          expect(known?.event.type === "access.gained", `entry ${each.sequence} at ${at}`).toBe(isAllowed);
        }
        if (index === entries.length - 1) signals.push(...later);
      }
      for (const [index, { event }] of signals.entries()) {
        expect(event.type).toBe(index % 2 === 0 ? "access.gained" : "access.lost");
        seen.add(`${event.type}: ${event.data.reason}`);
      }
    });
    fc.assert(property, { numRuns: histories / 4, seed, examples: rareTurns.map((steps) => [steps]) });
    for (const turn of [
      "access.gained: checkout_finalized",
      "access.gained: subscription_updated",
      "access.gained: dispute",
      "access.lost: usage_exhausted",
      "access.lost: payment_disputed",
      "access.lost: refunded",
    ])
      expect(seen).toContain(turn);
  }, 120_000);

  it("alarms at any time, or none at all, store the same signals", () => {
    const property = fc.property(anyHistory, alarms, (entries, rings) => {
      expect(storeSignals(entries, rings)).toEqual(storeSignals(entries, []));
    });
    fc.assert(property, { numRuns: histories / 2, seed });
  }, 60_000);

  it("an alarm at each next moment misses none", () => {
    const property = fc.property(anyHistory, (entries) => {
      let state: SubjectState = emptyState;
      for (const each of entries.map(toEntry)) state = applyEntry(state, each);
      const at = entries.at(-1)?.at ?? 0;
      const last = { sequence: entries.length, at };
      for (const signal of findClockSignals(subject, state, last, end, toDecisionId)) {
        const moments: Moment[] = [];
        for (
          let next = findNextClockMoment(state.entitlements, at);
          next !== null && next <= end;
          next = findNextClockMoment(state.entitlements, next)
        )
          moments.push(next);
        expect(moments).toContain(signal.at);
      }
    });
    fc.assert(property, { numRuns: histories / 2, seed });
  }, 60_000);
});

const reasonOf = (event: { data: OutboundEventData } | undefined) => event?.data.reason ?? "no_entitlement";
