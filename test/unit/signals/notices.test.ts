import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isByClock } from "../../../shared/domain/clock-entries.ts";
import { dayMs, type Moment } from "../../../shared/domain/entitlement.ts";
import {
  applyEntry,
  emptyState,
  type LedgerEntry,
  type SubjectState,
} from "../../../shared/domain/ledger.ts";
import { getUsageRemaining } from "../../../shared/domain/lots.ts";
import { findClockNotices, findNextNotice } from "../../../shared/domain/notices.ts";
import { mergeSignals, type Notice, type SignalSettings } from "../../../shared/domain/signal-settings.ts";
import { entitlement } from "../entitlements.ts";
import { Subscriber } from "../usage/subscriber.ts";
import { history, inUnits, percent, play, settings } from "./customer-histories.ts";

const histories = Number(process.env["HISTORIES"] ?? 1_500);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** A notice with the entry that caused it; `null` for time alone. */
interface Reported {
  type: Notice["type"];
  at: Moment;
  by: number | null;
  of: string | null;
}

const toReported = (notice: Notice, sequence: number): Reported => ({
  type: notice.type,
  at: notice.at,
  by: notice.byClock === true ? null : sequence,
  of: notice.entitlementId ?? null,
});

/** What the ledger records, and what the clock did after it. */
function listReported({ entries, state, now }: Subscriber): Reported[] {
  const recorded = entries.flatMap(({ sequence, notices = [] }) =>
    notices.map((notice) => toReported(notice, sequence)),
  );
  const last = entries.at(-1)?.at ?? 0;
  const later = findClockNotices({ state, at: last }, Math.max(now, last))?.notices ?? [];
  return [...recorded, ...later.map((notice) => toReported(notice, 0))];
}

/**
 * Says the same from the ledger alone, moment by moment: at each one that any version of any entitlement names, the whole
 * balance and every end are looked at.
 */
function listExpected({ entries, now }: Subscriber): Reported[] {
  const reported: Reported[] = [];
  let state: SubjectState = emptyState;
  let isLow = false;
  const ends = new Set<string>();
  const moments = new Set<Moment>();
  for (const { touched } of entries)
    for (const { entitlement } of touched) {
      const { startsAt, expiresAt, currentPeriodEnd, holds } = entitlement;
      const windows = holds.flatMap(({ window }) => [window?.from ?? null, window?.until ?? null]);
      for (const at of [startsAt, expiresAt, ...windows]) if (at !== null) moments.add(at);
      for (const end of [expiresAt, currentPeriodEnd])
        for (let days = 1; days <= 5; days++) if (end !== null) moments.add(end - days * dayMs);
    }
  const known = (): SignalSettings | null => {
    const record = state.records.get("signals/settings");
    return record?.type === "signals" ? record.settings : null;
  };
  const ruleOf = (rules: SignalSettings, code: string) => ({ ...rules.project, ...rules.products[code] });
  const lookAtBalance = (at: Moment, before: number, by: number | null, isNew: boolean) => {
    const rules = known();
    if (rules === null) return;
    const all = [...state.entitlements.values()];
    const remaining = getUsageRemaining(all, at);
    const packs = all.filter(({ kind }) => kind === "usage_pack");
    const thresholdOf = (each: (typeof packs)[number]) => {
      const rule = ruleOf(rules, each.productCode).lowBalance ?? null;
      if (rule === null) return null;
      return rule.in === "units" ? rule.value : ((each.unitsGranted ?? 0) * rule.value) / 100;
    };
    const plans = all.filter(({ kind }) => kind === "subscription");
    const usable = packs.filter((each) => getUsageRemaining([each, ...plans], at) > 0);
    const limits = usable.flatMap((each) => thresholdOf(each) ?? []);
    const isOff = packs.every((each) => thresholdOf(each) === null);
    const limit = Math.max(0, ...limits);
    const next = isOff
      ? false
      : isLow
        ? !(remaining > limit * 1.1 && (remaining > before || isNew))
        : remaining <= limit && (remaining > 0 || before > 0);
    if (next !== isLow) reported.push({ type: next ? "usage.low" : "usage.recovered", at, by, of: null });
    isLow = next;
  };
  const lookAtEnds = (at: Moment, entry: LedgerEntry | null, old: SubjectState) => {
    const rules = known();
    if (rules === null) return;
    const by = entry?.sequence ?? null;
    for (const each of state.entitlements.values()) {
      const { entitlementId: id, status } = each;
      const endsWithPeriod = each.kind === "subscription" && each.cancelAtPeriodEnd === true;
      const end = endsWithPeriod ? each.currentPeriodEnd : each.expiresAt;
      const days = ruleOf(rules, each.productCode).expiringDays ?? null;
      const isOpen = status !== "canceled" && status !== "expired";
      if (
        each.includedIn !== undefined ||
        end === null ||
        days === null ||
        !isOpen ||
        at < end - days * dayMs ||
        at >= end
      )
        continue;
      if (ends.has(`${id}/${end}`)) continue;
      const isGranted = entry !== null && !old.entitlements.has(id);
      if (!isGranted && each.unitsRemaining === 0) continue;
      ends.add(`${id}/${end}`);
      if (!isGranted) reported.push({ type: "entitlement.expiring", at, by, of: id });
    }
  };
  const sorted = [...moments].toSorted((a, b) => a - b);
  let passed = -1;
  /** An entry that time causes at `until` decides about the balance of that moment. */
  const pass = (until: Moment, isJoint: boolean) => {
    for (const at of sorted.filter((each) => each > passed && each <= until)) {
      const before = getUsageRemaining(state.entitlements.values(), at - 1);
      if (!isJoint || at < until) lookAtBalance(at, before, null, false);
      lookAtEnds(at, null, state);
    }
    passed = Math.max(passed, until);
  };
  for (const [index, entry] of entries.entries()) {
    const isJoint = isJointWith(entries[index - 1], entry);
    pass(entry.at, isJoint);
    const old = state;
    const before = getUsageRemaining(old.entitlements.values(), isJoint ? entry.at - 1 : entry.at);
    const rules = JSON.stringify(known());
    state = applyEntry(state, entry);
    lookAtBalance(entry.at, before, entry.sequence, JSON.stringify(known()) !== rules);
    lookAtEnds(entry.at, entry, old);
  }
  pass(Math.max(now, entries.at(-1)?.at ?? 0), false);
  return reported;
}

/** Whether time itself causes the entry, as the first one of its moment. */
const isJointWith = (previous: LedgerEntry | undefined, entry: LedgerEntry): boolean =>
  isByClock(entry) && (previous?.at ?? 0) < entry.at;

const typesOf = (customer: Subscriber) => listReported(customer).map(({ type }) => type);

describe("signals of balance and ends", () => {
  it(`are what the ledger says at every moment, alternate, and report each end once (${histories} histories, SEED=${seed})`, () => {
    const seen = new Map<string, number>();
    const ending = new Set<string | undefined>();
    const property = fc.property(history, (steps) => {
      const customer = play(steps);
      const reported = listReported(customer);
      expect(reported).toEqual(listExpected(customer));
      const balance = reported.filter(({ type }) => type !== "entitlement.expiring");
      for (const [index, { type }] of balance.entries())
        expect(type).toBe(index % 2 === 0 ? "usage.low" : "usage.recovered");
      for (const { type, by, of } of reported) {
        if (of !== null) ending.add(customer.state.entitlements.get(of)?.kind);
        const key = `${type} by ${by === null ? "time" : "an entry"}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    });
    fc.assert(property, { numRuns: histories, seed });
    expect([...ending].toSorted()).toEqual(["subscription", "time_pass", "usage_pack"]);
    for (const common of [
      "entitlement.expiring by an entry",
      "entitlement.expiring by time",
      "usage.low by an entry",
      "usage.low by time",
      "usage.recovered by an entry",
    ])
      expect([...seen.keys()]).toContain(common);
  }, 120_000);

  it("alarms at any time, or none at all, find the same ones", () => {
    const property = fc.property(
      history,
      fc.array(fc.nat({ max: 100 }), { maxLength: 5 }),
      (steps, parts) => {
        const { entries, now } = play(steps);
        let state: SubjectState = emptyState;
        for (const [index, entry] of entries.entries()) {
          state = applyEntry(state, entry);
          const next = entries[index + 1];
          const start = { state, at: entry.at };
          const until = next?.at ?? Math.max(now, entry.at);
          const whole = findClockNotices(start, until)?.notices ?? [];
          // What the next entry records is what alarms before it stored.
          if (next !== undefined) {
            const recorded = (next.notices ?? []).filter(({ byClock }) => byClock === true);
            // In the moment of an entry that time itself causes, the balance is the one after it.
            const isEarlier = ({ type, at }: Notice) => type === "entitlement.expiring" || at < next.at;
            const known = isJointWith(entry, next) ? whole.filter(isEarlier) : whole;
            if (readsSettings(state)) expect(recorded).toEqual(known);
          }
          const alarms = parts.map((part) => entry.at + Math.floor(((until - entry.at) * part) / 100));
          let since = entry.at;
          const stored: Notice[] = [];
          for (const alarm of [...alarms.toSorted((a, b) => a - b), until]) {
            const found = findClockNotices(start, alarm)?.notices ?? [];
            stored.push(...found.filter(({ at }) => at > since));
            since = Math.max(since, alarm);
          }
          expect(stored).toEqual(whole);
          for (const { at } of whole) expect(listMoments(state, entry.at, until)).toContain(at);
        }
      },
    );
    fc.assert(property, { numRuns: histories / 5, seed });
  }, 120_000);

  const readsSettings = (state: SubjectState) => state.records.has("signals/settings");

  function listMoments(state: SubjectState, from: Moment, until: Moment): Moment[] {
    const moments: Moment[] = [];
    for (let at = findNextNotice(state, from); at !== null && at <= until; at = findNextNotice(state, at))
      moments.push(at);
    return moments;
  }
});

describe("usage.low and usage.recovered", () => {
  it("low is sent at the threshold, and recovered only above 10 % more than it", () => {
    const customer = play([]);
    customer.buy("cs_a", 1_000);
    customer.consume(899);
    expect(typesOf(customer)).toEqual([]);
    customer.consume(1);
    expect(typesOf(customer)).toEqual(["usage.low"]);
    customer.operate({ type: "adjust", entitlementId: "cs_a", how: "add", units: 10 });
    expect(typesOf(customer)).toEqual(["usage.low"]);
    customer.operate({ type: "adjust", entitlementId: "cs_a", how: "add", units: 1 });
    expect(typesOf(customer)).toEqual(["usage.low", "usage.recovered"]);
  });

  it("a larger pack that is used up does not make the balance recover", () => {
    const customer = play([]);
    customer.buy("cs_a", 1_000);
    customer.now += 1;
    customer.buy("cs_b", 50);
    customer.consume(990);
    expect(typesOf(customer)).toEqual(["usage.low"]);
    customer.consume(10);
    expect(customer.read().remaining).toBe(50);
    expect(typesOf(customer)).toEqual(["usage.low"]);
  });

  it("one consume of the whole balance is low, and a threshold that is set is silent about an empty one", () => {
    const customer = new Subscriber();
    customer.buy("cs_a", 10);
    customer.consume(10);
    customer.learn(settings(1, percent(10), null));
    expect(typesOf(customer)).toEqual([]);
    customer.buy("cs_b", 10);
    customer.consume(10);
    expect(typesOf(customer)).toEqual(["usage.low"]);
  });

  it("a threshold that is raised is reported where it concerns, and one that is off recovers", () => {
    const customer = play([]);
    customer.buy("cs_a", 100);
    customer.consume(70);
    customer.learn(settings(2, percent(50), null));
    expect(typesOf(customer)).toEqual(["usage.low"]);
    customer.learn(settings(2, percent(10), null));
    expect(typesOf(customer)).toEqual(["usage.low"]);
    customer.learn(settings(3, null, null));
    expect(typesOf(customer)).toEqual(["usage.low", "usage.recovered"]);
  });

  it("a product has its own threshold, or none", () => {
    const own = new Subscriber();
    own.learn(settings(1, percent(10), null, { CREDITS: { lowBalance: inUnits(90) } }));
    own.buy("cs_a", 100);
    own.consume(10);
    expect(typesOf(own)).toEqual(["usage.low"]);
    const off = new Subscriber();
    off.learn(settings(1, percent(10), null, { CREDITS: { lowBalance: null } }));
    off.buy("cs_a", 100);
    off.consume(100);
    expect(typesOf(off)).toEqual([]);
  });

  it("time alone makes a balance low and recover: the hold of a dispute on a subscription with an allowance", () => {
    const window = { from: 10, until: 20 };
    const hold = { causeId: "dp_1", reason: "dispute" as const, placedAt: 1, window, liftedAt: null };
    const subscription = {
      ...entitlement({ kind: "subscription", entitlementId: "ent_sub" }),
      holds: [hold],
    };
    const lot = {
      ...entitlement({
        kind: "usage_pack",
        entitlementId: "ent_lot",
        unitsGranted: 100,
        unitsRemaining: 100,
      }),
      includedIn: "ent_sub",
    };
    const record = mergeSignals(null, { type: "signals", settings: settings(1, percent(10), null) });
    const touched = [subscription, lot].map((each) => ({ entitlement: each, units: [] }));
    const state = applyEntry(emptyState, { touched, records: record === null ? [] : [record] });
    expect(findClockNotices({ state, at: 5 }, 30)).toMatchObject({
      isLow: false,
      notices: [
        { type: "usage.low", at: 10, usageRemaining: 0, byClock: true },
        { type: "usage.recovered", at: 20, usageRemaining: 100, byClock: true },
      ],
    });
  });

  it("units that expire as the next month's begin are not reported, unless the balance was low before", () => {
    const customer = play([]);
    customer.payPlan();
    customer.payPlan();
    customer.consume(20);
    customer.now += 15 * dayMs;
    customer.wake();
    expect(customer.read().remaining).toBe(100);
    expect(typesOf(customer)).toEqual([]);

    const low = play([]);
    low.payPlan();
    low.payPlan();
    const turn = low.now + 10 * dayMs;
    low.consume(95);
    low.now += 15 * dayMs;
    low.wake();
    expect(listReported(low)).toMatchObject([{ type: "usage.low" }, { type: "usage.recovered", at: turn }]);
  });

  it("reserved units make the balance low, and released ones recover it", () => {
    const customer = play([]);
    customer.buy("cs_a", 100);
    customer.reserve(95, 60_000);
    expect(typesOf(customer)).toEqual(["usage.low"]);
    customer.now += 120_000;
    customer.consume(1);
    expect(listReported(customer)).toMatchObject([{ type: "usage.low" }, { type: "usage.recovered" }]);
  });
});

describe("entitlement.expiring", () => {
  it("is sent once at its moment, however late it is looked at", () => {
    const customer = play([]);
    customer.buyPass("pass_a", 10);
    customer.now += 30 * dayMs;
    customer.wake();
    customer.wake();
    expect(listReported(customer)).toEqual([
      { type: "entitlement.expiring", at: 8 * dayMs, by: null, of: "pass_a" },
    ]);
  });

  it("an end that is near already when it is granted is no news, and one that moves near is", () => {
    const customer = play([]);
    customer.buyPass("pass_a", 2);
    expect(typesOf(customer)).toEqual([]);
    customer.buyPass("pass_b", 2);
    customer.now += 2 * dayMs;
    customer.wake();
    // The second pass was granted with an end in 4 days, which is 3 days away after one.
    expect(listReported(customer)).toMatchObject([{ of: "pass_b", at: 2 * dayMs }]);
  });

  it("a pack without units is not reported, and is once it has units again", () => {
    const customer = play([]);
    customer.buy("cs_a", 10, 5);
    customer.reserve(10, 3 * dayMs);
    customer.now += 2.5 * dayMs;
    customer.wake();
    expect(typesOf(customer).filter((type) => type === "entitlement.expiring")).toEqual([]);
    customer.release([...customer.state.reservations.keys()][0] ?? "");
    customer.now += dayMs;
    customer.wake();
    expect(typesOf(customer).filter((type) => type === "entitlement.expiring")).toHaveLength(1);
  });
});
