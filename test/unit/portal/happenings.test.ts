import { describe, expect, it } from "vitest";
import type { FlipView } from "../../../shared/contract/operations/customer-views.ts";
import type { CustomerLists } from "../../../workers/portal/db/customer.ts";
import {
  cutRows,
  foldTimeline,
  groupByDay,
  listDeliveries,
  listEvents,
} from "../../../workers/portal/pages/customer/sections/happenings.ts";
import { buildTimelineItems } from "../../../workers/portal/pages/customer/sections/timeline-items.ts";
import { allowed, customer, delivery, deniedFor, entry, noon, stripeEvent } from "./customers.ts";

const empty: CustomerLists = {
  subject: null,
  otherMode: null,
  isConnected: true,
  finding: null,
  stripeAccountId: null,
  attempts: [],
  stripeEvents: [],
  deliveries: [],
  notes: [],
  recoveryLinks: [],
  recoveryMoments: [],
  erasure: null,
  productNames: new Map(),
};

const fold = (change: Parameters<typeof customer>[0], lists: Partial<CustomerLists> = {}) =>
  foldTimeline(buildTimelineItems(customer(change), { ...empty, ...lists }), "UTC");

const sequencesOf = (rows: ReturnType<typeof foldTimeline>) =>
  rows.map(({ items }) => items.map((item) => (item.type === "entry" ? item.entry.sequence : item.type)));

const fromStripe = (id: string) => ({ cause: { type: "stripe_event" as const, id, because: null } });
const flip = (sequence: number, at: number, isAllowed = true): FlipView => ({
  before: deniedFor("no_entitlement"),
  after: { ...(isAllowed ? allowed : deniedFor("revoked")), at, sequence },
  cause: { type: "entry", sequence },
});

describe("foldTimeline", () => {
  it("a payment is one row with its entries, Stripe events and webhooks, named by the entry that changed access", () => {
    const entries = [
      entry(3, "invoice", 0, { ...fromStripe("evt_2"), at: noon + 900 }),
      entry(2, "subscription", 0, { ...fromStripe("evt_1"), at: noon + 500 }),
      entry(1, "grant", 5, { ...fromStripe("evt_1"), at: noon }),
    ];
    const rows = fold(
      { entries, flips: [flip(2, noon + 500)] },
      {
        stripeEvents: [
          stripeEvent({ eventId: "evt_3", status: "ignored", receivedAt: noon + 950 }),
          stripeEvent({ eventId: "evt_2", receivedAt: noon + 800 }),
          stripeEvent({ eventId: "evt_1", receivedAt: noon - 1 }),
        ],
        deliveries: [
          delivery({ deliveryId: "dlv_2", sequence: 2, occurredAt: noon + 500 }),
          delivery({ deliveryId: "dlv_1", sequence: 1, occurredAt: noon }),
        ],
      },
    );
    expect(sequencesOf(rows)).toEqual([["stripe", 3, 2, 1]]);
    const [row] = rows;
    if (row === undefined) throw new Error("There is no row");
    expect(row.lead).toMatchObject({ entry: { sequence: 2 } });
    expect(listEvents(row).map(({ eventId }) => eventId)).toEqual(["evt_3", "evt_2", "evt_1"]);
    expect(listDeliveries(row).map(({ deliveryId }) => deliveryId)).toEqual(["dlv_2", "dlv_1"]);
  });

  it("two changes of access are two rows, even within a second", () => {
    const entries = [
      entry(2, "refund", -5, { ...fromStripe("evt_2"), at: noon + 500 }),
      entry(1, "grant", 5, { ...fromStripe("evt_1"), at: noon }),
    ];
    const flips = [flip(2, noon + 500, false), flip(1, noon)];
    expect(sequencesOf(fold({ entries, flips }))).toEqual([[2], [1]]);
  });

  it("usage in a row is one row per day, and a use that ended access is a separate row", () => {
    const day = 24 * 3_600_000;
    const entries = [
      entry(5, "consume", -1, { at: noon + day + 3 }),
      entry(4, "consume", -1, { at: noon + day + 2 }),
      entry(3, "consume", -1, { at: noon + day + 1 }),
      entry(2, "consume", -1, { at: noon + 2 }),
      entry(1, "consume", -1, { at: noon + 1 }),
    ];
    expect(sequencesOf(fold({ entries }))).toEqual([
      [5, 4, 3],
      [2, 1],
    ]);
    expect(sequencesOf(fold({ entries, flips: [flip(4, noon + day + 2, false)] }))).toEqual([
      [5],
      [4],
      [3],
      [2, 1],
    ]);
  });

  it("what Stripe reports an hour later is a separate row", () => {
    const entries = [
      entry(2, "invoice", 0, { ...fromStripe("evt_2"), at: noon + 3_600_000 }),
      entry(1, "grant", 5, { ...fromStripe("evt_1"), at: noon }),
    ];
    expect(sequencesOf(fold({ entries }))).toEqual([[2], [1]]);
  });

  it("an event or webhook without a listed entry is a row, so that nothing is hidden", () => {
    const rows = fold(
      { entries: [entry(9, "grant", 1)] },
      {
        stripeEvents: [stripeEvent({ status: "failed", receivedAt: noon + 60_000 })],
        deliveries: [delivery({ sequence: 3, occurredAt: noon + 20_000 })],
      },
    );
    expect(sequencesOf(rows)).toEqual([["stripe"], ["webhook"], [9]]);
  });
});

describe("pages of rows", () => {
  const grants = (count: number, at = (sequence: number) => noon + sequence * 60_000) =>
    Array.from({ length: count }, (_, index) => {
      const sequence = count - index;
      return entry(sequence, "manual", 1, { at: at(sequence), manual: { type: "adjust", undoes: null } });
    });

  it("a page ends after 30 rows and the next one begins with the entry that it left out", () => {
    const { shown, rest } = cutRows(fold({ entries: grants(50) }));
    expect(shown).toHaveLength(30);
    expect(rest).toEqual({ sequence: 21, at: noon + 21 * 60_000 });
    expect(cutRows(fold({ entries: grants(30) })).rest).toBeNull();
  });

  it("rows of one millisecond are on one page, since the next page lists what is older", () => {
    const { shown, rest } = cutRows(fold({ entries: grants(50, () => noon) }));
    expect([shown.length, rest]).toEqual([50, null]);
  });

  it("rows are grouped by their day in the viewer's zone, newest first", () => {
    const rows = fold({ entries: grants(3, (sequence) => noon + sequence * 12 * 3_600_000) });
    const daysIn = (zone: string) => groupByDay(rows, zone).map((day) => day.rows.length);
    expect(daysIn("UTC")).toEqual([1, 2]);
    expect(daysIn("Pacific/Auckland")).toEqual([2, 1]);
  });
});
