import { describe, expect, it } from "vitest";
import type { AllowanceTerms } from "../../../shared/domain/allowance-terms.ts";
import { applyClock, listClockEntries } from "../../../shared/domain/clock-entries.ts";
import { decideConsume } from "../../../shared/domain/consume.ts";
import { buildManualEntry, decideManualAction } from "../../../shared/domain/decide-manual-action.ts";
import { decideStripe, type SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { dayMs, type Entitlement } from "../../../shared/domain/entitlement.ts";
import { applyEntry, emptyState, findEntryErrors, type SubjectState } from "../../../shared/domain/ledger.ts";
import { getUsageRemaining } from "../../../shared/domain/lots.ts";
import type { InvoiceLine, Observation } from "../../../shared/domain/stripe-record.ts";

const day = (text: string) => Date.parse(`${text}T10:00:00Z`);
const origin = { attemptId: null, customerId: "cus_1", soldProductCode: "PRO", metadata: {} };
const context = { graceDays: 0, deriveEntitlementId: (source: string) => source };

const terms = (change: Partial<AllowanceTerms> = {}, productCode = "PRO"): SubjectFact => ({
  type: "terms",
  productCode,
  versions: [
    {
      version: 1,
      from: 0,
      units: 1_000,
      every: "month",
      rolloverWindows: 0,
      rolloverMax: null,
      inTrial: null,
      ...change,
    },
  ],
});

const observe = (at: number, end: number, change: Partial<Observation> = {}): SubjectFact => ({
  type: "subscription",
  subscriptionId: "sub_1",
  origin,
  observations: [
    {
      sourceId: `evt_${at}`,
      at,
      said: "updated",
      previous: null,
      status: "active",
      items: [item("PRO", end)],
      startedAt: at,
      cancelAtPeriodEnd: false,
      cancelAt: null,
      endedAt: null,
      isCollectionPaused: false,
      ...change,
    },
  ],
});

const item = (productCode: string, end: number) => ({
  itemId: "si_1",
  createdAt: null,
  quantity: 1,
  priceId: `price_${productCode}`,
  productCode,
  currentPeriodEnd: end,
});

const pay = (id: string, start: number, end: number, line: Partial<InvoiceLine> = {}): SubjectFact => ({
  type: "invoice",
  invoiceId: id,
  subscriptionId: "sub_1",
  origin,
  invoice: {
    outcome: "paid",
    periodEnd: end,
    amountPaid: 2_000,
    currency: "usd",
    paidAt: start,
    lines: [
      {
        itemId: "si_1",
        priceId: "price_PRO",
        productCode: "PRO",
        quantity: 1,
        amount: 2_000,
        start,
        end,
        ...line,
      },
    ],
  },
});

const refund = (
  invoiceId: string,
  [start, end]: [number, number],
  status: "succeeded" | "failed",
  at: number,
): SubjectFact => {
  const fact = pay(invoiceId, start, end);
  if (fact.type !== "invoice") throw new Error("not an invoice");
  const { outcome: _, ...paid } = fact.invoice;
  return {
    type: "refund",
    paymentIntentId: `pi_${invoiceId}`,
    invoice: { ...paid, invoiceId, subscriptionId: "sub_1", amountPaid: 2_000 },
    refund: { id: `re_${invoiceId}`, amount: 2_000, currency: "usd", status, createdAt: at, version: at },
  };
};

/** Plays facts, each at its moment, with the clock before it as every decision has it. */
function play(facts: [number, SubjectFact][], state: SubjectState = emptyState, headAt = 0): SubjectState {
  let current = state;
  let last = headAt;
  for (const [at, fact] of facts) {
    for (const entry of listClockEntries(current, last, at)) current = applyEntry(current, entry.draft);
    const decision = decideStripe(current, fact, { type: "clock" }, context, at);
    if (decision.outcome === "read_again") throw new Error("read again");
    if (decision.outcome === "change") current = applyEntry(current, decision.draft);
    last = at;
  }
  return current;
}

const lots = (state: SubjectState): Entitlement[] =>
  [...state.entitlements.values()]
    .filter(({ includedIn }) => includedIn !== undefined)
    .sort((a, b) => a.paidAt - b.paidAt);

const starts = (state: SubjectState) =>
  lots(state).map(({ paidAt }) => new Date(paidAt).toISOString().slice(0, 10));

describe("windows of an allowance", () => {
  it("24 months of two yearly payments begin by the clock on the listed days", () => {
    const [first, second, third] = [day("2027-01-31"), day("2028-01-31"), day("2029-01-31")];
    const bought = play([
      [first, terms()],
      [first, observe(first, second)],
      [first, pay("in_1", first, second)],
      [second, pay("in_2", second, third)],
    ]);
    // No call for a year.
    const state = applyClock(bought, second, third - 1);
    expect(starts(state)).toEqual(
      `2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31 2027-06-30 2027-07-31 2027-08-31 2027-09-30
       2027-10-31 2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31 2028-04-30 2028-05-31 2028-06-30
       2028-07-31 2028-08-31 2028-09-30 2028-10-31 2028-11-30 2028-12-31`.split(/\s+/),
    );
    expect(getUsageRemaining(state.entitlements.values(), third - 1)).toBe(1_000);
  });

  it("a monthly period from 28 February to 31 March has one window", () => {
    const [start, end] = [day("2027-02-28"), day("2027-03-31")];
    const state = play([
      [start, terms()],
      [start, observe(start, end)],
      [start, pay("in_1", start, end)],
    ]);
    expect(starts(applyClock(state, start, end))).toEqual(["2027-02-28"]);
  });

  it("a refund of month 2 of 3 leaves 1 and 3, and is undone exactly", () => {
    const [a, b, c, d] = [day("2027-01-10"), day("2027-02-10"), day("2027-03-10"), day("2027-04-10")];
    const paid: [number, SubjectFact][] = [
      [a, terms({ rolloverWindows: 3 })],
      [a, observe(a, b)],
      [a, pay("in_1", a, b)],
      [b, observe(b, c)],
      [b, pay("in_2", b, c)],
      [c, observe(c, d)],
      [c, pay("in_3", c, d)],
    ];
    const before = play(paid);
    const refunded = play([[c + dayMs, refund("in_2", [b, c], "succeeded", c + dayMs)]], before, c);
    expect(lots(refunded).map(({ status, unitsRemaining }) => [status, unitsRemaining])).toEqual([
      ["active", 1_000],
      ["canceled", 0],
      ["active", 1_000],
    ]);
    expect(getUsageRemaining(refunded.entitlements.values(), c + dayMs)).toBe(2_000);
    const undone = play(
      [[c + 2 * dayMs, refund("in_2", [b, c], "failed", c + 2 * dayMs)]],
      refunded,
      c + dayMs,
    );
    expect(lots(undone).map((lot) => ({ ...lot, updatedAt: 0 }))).toEqual(
      lots(before).map((lot) => ({ ...lot, updatedAt: 0 })),
    );
  });

  it("unused units above the maximum expire at the turn, the oldest first", () => {
    const [a, b, c, d] = [day("2027-01-10"), day("2027-02-10"), day("2027-03-10"), day("2027-04-10")];
    const state = play([
      [a, terms({ rolloverWindows: 2, rolloverMax: 1_500 })],
      [a, observe(a, b)],
      [a, pay("in_1", a, b)],
      [b, pay("in_2", b, c)],
      [c, pay("in_3", c, d)],
    ]);
    expect(lots(state).map(({ unitsRemaining }) => unitsRemaining)).toEqual([500, 1_000, 1_000]);
  });

  it("an upgrade with the difference paid gives the larger allowance for the rest, and carries what was used", () => {
    const [start, mid, end] = [day("2027-01-10"), day("2027-01-20"), day("2027-02-10")];
    let state = play([
      [start, terms()],
      [start, terms({ units: 5_000 }, "MAX")],
      [start, observe(start, end)],
      [start, pay("in_1", start, end)],
    ]);
    const idempotency = { endpoint: "usage/consume" as const, key: "k", requestHash: "h" };
    const used = decideConsume(
      state.entitlements,
      { units: 300, idempotency: idempotency as never, cause: { type: "clock" } },
      start + dayMs,
    );
    if (used.outcome === "change") state = applyEntry(state, used.draft);
    state = play(
      [
        [mid, observe(mid, end, { items: [item("MAX", end)], startedAt: start })],
        [mid, pay("in_2", mid, end, { priceId: "price_MAX", productCode: "MAX" })],
      ],
      state,
      start + dayMs,
    );
    expect(getUsageRemaining(state.entitlements.values(), mid)).toBe(4_700);
    // Canceled at once: the units never outlive the subscription.
    const ended = { status: "canceled" as const, endedAt: mid + dayMs, said: "deleted" as const };
    const over = play(
      [[mid + dayMs, observe(mid + dayMs, end, { items: [item("MAX", end)], startedAt: start, ...ended })]],
      state,
      mid,
    );
    expect(getUsageRemaining(over.entitlements.values(), mid + dayMs)).toBe(0);
  });

  it("terms that change in mid-window count from the next window on", () => {
    const [start, end] = [day("2027-01-10"), day("2028-01-10")];
    const [later, next] = [day("2027-01-20"), day("2027-02-10")];
    const versions = (terms() as Extract<SubjectFact, { type: "terms" }>).versions;
    const changed = { ...versions[0], version: 2, from: later, units: 200 } as AllowanceTerms;
    const state = play([
      [start, terms()],
      [start, observe(start, end)],
      [start, pay("in_1", start, end)],
      [later, { type: "terms", productCode: "PRO", versions: [...versions, changed] }],
    ]);
    expect(lots(applyClock(state, later, next)).map(({ unitsGranted }) => unitsGranted)).toEqual([
      1_000, 200,
    ]);
  });

  it.each([
    ["to whole periods keep the months of the year that is paid", { every: "period", units: 12_000 }, 1_000],
    ["to nothing end them with the next month", { every: "period", units: 0 }, 0],
  ] as const)("terms that change %s", (_, change, nextUnits) => {
    const [start, end, after] = [day("2027-01-10"), day("2028-01-10"), day("2029-01-10")];
    const [later, next] = [day("2027-01-20"), day("2027-02-10")];
    const [first] = (terms() as Extract<SubjectFact, { type: "terms" }>).versions;
    if (first === undefined) throw new Error("no terms");
    const versions = [first, { ...first, version: 2, from: later, ...change }];
    const state = play([
      [start, terms()],
      [start, observe(start, end)],
      [start, pay("in_1", start, end)],
      [later, { type: "terms", productCode: "PRO", versions }],
    ]);
    expect(getUsageRemaining(applyClock(state, later, next).entitlements.values(), next)).toBe(nextUnits);
    const renewed = play([[end, pay("in_2", end, after)]], state, later);
    expect(getUsageRemaining(renewed.entitlements.values(), end)).toBe(change.units);
  });

  it("units that support revoked are those of a refunded month once the revocation is undone", () => {
    const [a, b, c] = [day("2027-01-10"), day("2027-02-10"), day("2027-03-10")];
    let state = play([
      [a, terms({ rolloverWindows: 3 })],
      [a, observe(a, b)],
      [a, pay("in_1", a, b)],
      [b, observe(b, c)],
      [b, pay("in_2", b, c)],
    ]);
    const action = { type: "revoke" as const, entitlementId: lots(state)[0]?.entitlementId ?? "" };
    const operate = (decided: Parameters<typeof decideManualAction>[1], at: number) => {
      const decision = decideManualAction(state, decided, { ...context, actionId: "act" }, at);
      if (decision.outcome !== "change") throw new Error(decision.code);
      const cause = { type: "operator" as const, actorName: "Dana", action, undoes: null };
      const by = { reason: "", actor: "opr_1", cause, idempotency: null };
      const entry = { ...buildManualEntry(decision, by), sequence: 1, at };
      expect(findEntryErrors(state, entry)).toEqual([]);
      state = applyEntry(state, entry);
      return entry;
    };
    const entry = operate(action, b + 1);
    const refundedAt = b + dayMs;
    state = play([[refundedAt, refund("in_1", [a, b], "succeeded", refundedAt)]], state, b + 1);
    operate({ type: "undo", entry }, b + 2 * dayMs);
    expect(lots(state).map(({ statusReason, unitsRemaining }) => [statusReason, unitsRemaining])).toEqual([
      ["refunded", 0],
      [null, 1_000],
    ]);
    const failedAt = b + 3 * dayMs;
    const again = play([[failedAt, refund("in_1", [a, b], "failed", failedAt)]], state, b + 2 * dayMs);
    expect(getUsageRemaining(again.entitlements.values(), failedAt)).toBe(2_000);
  });
});
