import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { decideStripe } from "../../../shared/domain/decide-stripe.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { applyEntry, emptyState, type SubjectState } from "../../../shared/domain/ledger.ts";
import { mergeInvoice } from "../../../shared/domain/merge-invoice.ts";
import { findNextReview } from "../../../shared/domain/review-subscription.ts";
import type { Observation, RecordedInvoice } from "../../../shared/domain/stripe-record.ts";
import { parseStripeEvent } from "../../../shared/stripe/parse-event.ts";

/** Rules of a subscription that the histories of events do not show: flags, grace and scheduled ends. */

const start = 1_790_000_000_000;
const periodEnd = start + 30 * dayMs;
const origin = { attemptId: "att_1", customerId: "cus_1", soldProductCode: "PRO", metadata: {} };

const observe = (change: Partial<Observation> & { at: number }): Observation => ({
  sourceId: `evt_${change.at}`,
  said: "updated",
  previous: null,
  status: "active",
  items: [
    { itemId: "si_1", quantity: 1, priceId: "price_pro", productCode: "PRO", currentPeriodEnd: periodEnd },
  ],
  startedAt: start,
  cancelAtPeriodEnd: false,
  cancelAt: null,
  endedAt: null,
  isCollectionPaused: false,
  ...change,
});

function report(
  before: SubjectState,
  observation: Observation,
  { subscriptionId = "sub_1", graceDays = 0 } = {},
): SubjectState {
  const fact = { type: "subscription" as const, subscriptionId, origin, observations: [observation] };
  const context = { graceDays, deriveEntitlementId: (source: string) => source };
  const decision = decideStripe(before, fact, { type: "clock" }, context, observation.at);
  if (decision.outcome === "read_again") throw new Error("read again");
  return decision.outcome === "change" ? applyEntry(before, decision.draft) : before;
}

const entitlementsOf = (state: SubjectState) => [...state.entitlements.values()];

describe("a subscription with a scheduled end", () => {
  const parse = (cancelAt: number | null) => {
    const seconds = start / 1_000;
    const object = {
      id: "sub_1",
      status: "active",
      start_date: seconds,
      cancel_at: cancelAt,
      items: { data: [{ id: "si_1", price: "price_pro", current_period_end: periodEnd / 1_000 }] },
    };
    const event = { id: "evt_1", type: "customer.subscription.updated", created: seconds, data: { object } };
    const parsed = parseStripeEvent(event as unknown as Stripe.Event);
    return parsed.type === "subscription" ? parsed.observation : null;
  };

  it.each([
    ["a year away", periodEnd + 335 * dayMs, false],
    ["one second after the period", periodEnd + 1_000, false],
    ["at the end of the period", periodEnd, true],
    ["within the period", periodEnd - dayMs, true],
  ])("an end %s counts as at period end: %#", (_, cancelAt, cancelAtPeriodEnd) => {
    expect(parse(cancelAt / 1_000)).toMatchObject({ cancelAt, cancelAtPeriodEnd });
  });

  it("a subscription without one does not end with its period", () => {
    expect(parse(null)).toMatchObject({ cancelAt: null, cancelAtPeriodEnd: false });
  });
});

describe("two parallel subscriptions to one product", () => {
  it("are both granted and flagged, until one of them ends", () => {
    const flags = (state: SubjectState) => entitlementsOf(state).map((each) => each.flags);
    let state = report(emptyState, observe({ at: start }));
    expect(flags(state)).toEqual([[]]);
    state = report(state, observe({ at: start + dayMs }), { subscriptionId: "sub_2" });
    expect(entitlementsOf(state).map(({ status }) => status)).toEqual(["active", "active"]);
    expect(flags(state)).toEqual([["parallel_subscription"], ["parallel_subscription"]]);
    const ended = observe({ at: start + 2 * dayMs, status: "canceled", endedAt: start + 2 * dayMs });
    state = report(state, ended, { subscriptionId: "sub_2" });
    expect(flags(state)).toEqual([[], []]);
    expect(decideAccess(state.entitlements.values(), start + 3 * dayMs).allowed).toBe(true);
  });

  it("are not flagged when they are to different products", () => {
    const other = { itemId: "si_2", quantity: 1, priceId: "price_team", productCode: "TEAM" };
    const items = [{ ...other, currentPeriodEnd: periodEnd }];
    const first = report(emptyState, observe({ at: start }));
    const state = report(first, observe({ at: start, items }), { subscriptionId: "sub_2" });
    expect(entitlementsOf(state).map(({ productCode, flags }) => [productCode, flags])).toEqual([
      ["PRO", []],
      ["TEAM", []],
    ]);
  });
});

describe("a subscription of which Stripe says nothing after its period", () => {
  const silence = 3 * dayMs;

  it("is read from Stripe 72 hours after the end of its period, then once a day", () => {
    const state = report(emptyState, observe({ at: start }));
    expect(findNextReview(state)).toEqual({ subscriptionId: "sub_1", at: periodEnd + silence });
    const read = observe({ at: periodEnd + silence, said: "read" });
    expect(findNextReview(report(state, read))).toEqual({
      subscriptionId: "sub_1",
      at: periodEnd + silence + dayMs,
    });
  });

  it("stays open, flagged once a read 72 hours after its period shows no newer one", () => {
    const state = report(emptyState, observe({ at: start }));
    for (const [at, flags] of [
      [periodEnd + silence - 1_000, []],
      [periodEnd + silence, ["period_overdue"]],
    ] as const) {
      const after = report(state, observe({ at, said: "read" }));
      expect(entitlementsOf(after)[0]?.flags ?? []).toEqual(flags);
      expect(decideAccess(after.entitlements.values(), at).allowed).toBe(true);
    }
  });

  it("loses the flag when its next period is reported", () => {
    const flagged = report(
      report(emptyState, observe({ at: start })),
      observe({ at: periodEnd + silence, said: "read" }),
    );
    const [item] = observe({ at: 0 }).items;
    if (item === undefined) throw new Error("no item");
    const items = [{ ...item, currentPeriodEnd: periodEnd + 30 * dayMs }];
    const renewed = report(flagged, observe({ at: periodEnd + silence + 1_000, said: "read", items }));
    expect(entitlementsOf(renewed)[0]?.flags).toEqual([]);
  });

  it.each(["paused", "canceled"] as const)("is not read while it is %s", (status) => {
    const over = observe({ at: start, status, endedAt: status === "canceled" ? start : null });
    expect(findNextReview(report(emptyState, over))).toBeNull();
  });
});

describe("the grace period of a past-due subscription", () => {
  const pastDue = (at: number) => observe({ at, status: "past_due" });
  const graceUntil = (state: SubjectState) => entitlementsOf(state)[0]?.graceUntil;

  it.each([
    ["longer", 3, 10],
    ["shorter", 3, 1],
    ["0", 3, 0],
    ["set", 0, 10],
  ])("stays as it was stamped when the project's setting becomes %s", (_, before, later) => {
    let state = report(emptyState, observe({ at: start }));
    state = report(state, pastDue(periodEnd), { graceDays: before });
    const stamped = before === 0 ? null : periodEnd + before * dayMs;
    expect(graceUntil(state)).toBe(stamped);
    // Another change of the subscription while it is past due.
    const changed = { ...pastDue(periodEnd + 3_600_000), isCollectionPaused: true };
    state = report(state, changed, { graceDays: later });
    expect(entitlementsOf(state)[0]?.flags).toEqual(["collection_paused"]);
    expect(graceUntil(state)).toBe(stamped);
  });

  it("has the new setting when the subscription becomes past due another time", () => {
    let state = report(emptyState, pastDue(start), { graceDays: 3 });
    state = report(state, observe({ at: start + dayMs }), { graceDays: 10 });
    expect(graceUntil(state)).toBeNull();
    state = report(state, pastDue(start + 2 * dayMs), { graceDays: 10 });
    expect(graceUntil(state)).toBe(start + 12 * dayMs);
  });
});

describe("an invoice that is paid in parts", () => {
  const parse = (type: string, status: string) => {
    const object = { id: "in_1", status, amount_paid: 2_000, currency: "eur", lines: { data: [] } };
    const event = { id: "evt_1", type, created: start / 1_000, data: { object } };
    return parseStripeEvent(event as unknown as Stripe.Event);
  };

  it.each(["invoice.payment_succeeded", "invoice.paid"])(
    "%s counts as no payment while the invoice is open, and as one when it is paid",
    (type) => {
      expect(parse(type, "open")).toEqual({ type: "invoice_part" });
      expect(parse(type, "paid")).toMatchObject({ type: "invoice", outcome: "paid", amountPaid: 2_000 });
    },
  );

  it("is paid when its last payment succeeded, in any order of the reports", () => {
    const paid = (paidAt: number): RecordedInvoice => ({
      outcome: "paid",
      periodEnd,
      amountPaid: 4_900,
      currency: "eur",
      paidAt,
      lines: [],
    });
    const reports = [paid(start), paid(start + 3 * dayMs)];
    for (const order of [reports, reports.toReversed()]) {
      const merged = order.reduce((all, each) => mergeInvoice(all, "in_1", each), {});
      expect(merged).toMatchObject({ in_1: { paidAt: start + 3 * dayMs } });
    }
  });
});
