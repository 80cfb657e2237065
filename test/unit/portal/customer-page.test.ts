import { describe, expect, it } from "vitest";
import type { FlipView } from "../../../shared/contract/operations/customer-views.ts";
import { toEntryTitle } from "../../../workers/portal/components/labels/customer.ts";
import type { CustomerLists } from "../../../workers/portal/db/customer.ts";
import { parseManualAction, parseReason } from "../../../workers/portal/pages/customer/actions/parse-form.ts";
import { compareOutlines } from "../../../workers/portal/pages/customer/actions/preview-outline.ts";
import { parseAsOf } from "../../../workers/portal/pages/customer/sections/as-of.ts";
import { groupIncluded } from "../../../workers/portal/pages/customer/sections/included-units.tsx";
import {
  buildTimelineItems,
  matchesFilter,
} from "../../../workers/portal/pages/customer/sections/timeline-items.ts";
import { buildStripeUrl } from "../../../workers/portal/pages/customer/stripe-link.ts";
import {
  allowed,
  attempt,
  customer,
  delivery,
  deniedFor,
  entitlement,
  entry,
  noon,
  stripeEvent,
} from "./customers.ts";

const entitlementId = `ent_${"0".repeat(26)}`;

describe("parseAsOf", () => {
  it("parseAsOf() accepts a decision id, or a time in the viewer's zone unless it names an offset", () => {
    expect(parseAsOf("dec_0a1", "UTC")).toEqual({ decisionId: "dec_0a1" });
    const at = Date.UTC(2026, 10, 22, 14);
    for (const text of [
      "2026-11-22 14:00",
      "2026-11-22T14:00:00Z",
      "2026-11-22 14:00 UTC",
      "2026-11-22 15:00+01:00",
    ])
      expect(parseAsOf(text, "UTC"), text).toEqual({ at });
    expect(parseAsOf("2026-11-22", "UTC")).toEqual({ at: Date.UTC(2026, 10, 22) });
    expect(parseAsOf("2026-11-22", "Asia/Tokyo")).toEqual({ at: Date.UTC(2026, 10, 21, 15) });
    expect(parseAsOf("2026-11-22 15:00", "Europe/Berlin")).toEqual({ at });
    expect(parseAsOf("2026-03-29 02:30", "Europe/Berlin")).toMatch(/does not exist/);
    expect(parseAsOf("2026-10-25 02:30", "Europe/Berlin")).toMatch(/Enter it as 2026-10-25 02:30\+02:00\.$/);
    for (const text of [
      "yesterday",
      "2026-13-01",
      "2026-11-22 25:00",
      "evt_1",
      "dec_",
      "2026-11-22 14:00 foo",
    ])
      expect(parseAsOf(text, "UTC"), text).toMatch(/^Enter a decision ID/);
  });
});

describe("timelineItems", () => {
  const lists: CustomerLists = {
    subject: null,
    otherMode: null,
    isConnected: true,
    finding: null,
    stripeAccountId: null,
    attempts: [attempt({ createdAt: noon - 5 })],
    stripeEvents: [stripeEvent({ receivedAt: noon + 1 })],
    deliveries: [delivery({ occurredAt: noon + 1 })],
    notes: [],
    recoveryLinks: [],
    recoveryMoments: [],
    erasure: null,
    productNames: new Map(),
  };
  const granted = entry(1, "grant", 1_000, { cause: { type: "stripe_event", id: "evt_1", because: null } });
  const undone = entry(2, "manual_adjustment", 5, { manual: { type: "adjust", undoes: null } });
  const undo = entry(3, "undo", -5, { manual: { type: "undo", undoes: 2 } });

  it("timelineItems() sorts newest first, effect before cause at one moment, and links both ways", () => {
    const items = buildTimelineItems(customer({ entries: [undo, undone, granted] }), lists);
    expect(items.map(({ type }) => type)).toEqual([
      "entry",
      "entry",
      "webhook",
      "entry",
      "stripe",
      "checkout",
    ]);
    expect(items[3]).toMatchObject({ deliveries: [{ deliveryId: "dlv_1" }] });
    expect(items[4]).toMatchObject({ caused: [1] });
  });

  it("timelineItems() goes back no further than the entries of its page when older entries exist", () => {
    const items = buildTimelineItems(customer({ entries: [granted], entriesBefore: 1 }), lists);
    expect(items.map(({ type }) => type)).toEqual(["webhook", "entry", "stripe"]);
  });

  const flipAt = (at: number, sequence: number, cause: FlipView["cause"]): FlipView => ({
    before: deniedFor("no_entitlement"),
    after: { ...allowed, at, sequence },
    cause,
  });
  const byClock = (at: number, sequence: number) =>
    flipAt(at, sequence, { type: "clock", entitlementId: "ent_1", productCode: "PASS", change: "expired" });

  it("a change of access by time alone is a row between the entries before and after it", () => {
    const at = noon + 2;
    const entries = [entry(3, "expire", 0, { at }), entry(2, "consume", -1, { at })];
    const orderOf = (flip: FlipView) =>
      buildTimelineItems(customer({ entries, flips: [flip] }), { ...lists, deliveries: [], attempts: [] })
        .filter((item) => item.at === at)
        .map((item) => (item.type === "entry" ? item.entry.sequence : item.type));
    expect(orderOf(byClock(at, 2))).toEqual([3, "clock", 2]);
    expect(orderOf(byClock(at, 1))).toEqual([3, 2, "clock"]);
  });

  it("the filter Access changes lists exactly the flips, by entries and by time alone", () => {
    const entries = [entry(3, "expire", 0), entry(2, "consume", -1), entry(1, "grant", 5)];
    const flips = [byClock(noon + 2, 2), flipAt(noon + 1, 1, { type: "entry", sequence: 1 })];
    const items = buildTimelineItems(customer({ entries, flips }), lists);
    const shown = items.filter((item) => matchesFilter(item, "access"));
    expect(shown.map((item) => (item.type === "entry" ? item.entry.sequence : item.type))).toEqual([
      "clock",
      1,
    ]);
    expect(shown.map((item) => ("flip" in item ? item.flip : null))).toEqual(flips);
  });

  it("matchesFilter() selects the timeline items of one kind", () => {
    const items = buildTimelineItems(customer({ entries: [undone, entry(1, "consume", -1)] }), lists);
    const ofKind = (kind: Parameters<typeof matchesFilter>[1]) =>
      items.filter((item) => matchesFilter(item, kind)).length;
    expect(ofKind("usage")).toBe(1);
    expect(ofKind("access")).toBe(0);
    expect(ofKind("manual")).toBe(1);
    expect(ofKind("changes")).toBe(1);
    expect(ofKind("stripe") + ofKind("checkouts") + ofKind("webhooks")).toBe(3);
  });
});

describe("action form", () => {
  it("readManualForm() returns the contract's input, with a grant that includes its whole last day", () => {
    expect(
      parseManualAction("grant", { product_code: "DAY_PASS", duration_days: "3", ends_on: "2026-12-31" }),
    ).toEqual({
      type: "grant",
      productCode: "DAY_PASS",
      units: null,
      durationDays: 3,
      expiresAt: Date.UTC(2027, 0, 1),
    });
    const adjust = { entitlement_id: entitlementId, how: "set", units: "0" };
    expect(parseManualAction("adjust", adjust)).toEqual({
      type: "adjust",
      entitlementId,
      how: "set",
      units: 0,
    });
    expect(parseManualAction("undo", { sequence: "7" })).toEqual({ type: "undo", sequence: 7 });
  });

  it("readManualForm() and readWhy() report an error at the field that caused it", () => {
    const errorFields = (...args: Parameters<typeof parseManualAction>) => {
      const read = parseManualAction(...args);
      return "errors" in read ? Object.keys(read.errors) : [];
    };
    expect(errorFields("grant", { product_code: "X", units: "none", ends_on: "soon" })).toEqual([
      "units",
      "ends_on",
    ]);
    expect(errorFields("adjust", { entitlement_id: entitlementId, how: "add", units: "" })).toEqual([
      "units",
    ]);
    expect(errorFields("revoke", { entitlement_id: "x" })).toEqual([""]);
    expect(parseReason({ reason: "whim", text: "" })).toHaveProperty("errors.reason");
    expect(parseReason({ reason: "goodwill", text: "a".repeat(501) })).toHaveProperty("errors.text");
    expect(parseReason({ reason: "goodwill", text: " ok " })).toEqual({ reason: "goodwill", text: "ok" });
  });

  it("movedSince() lists what changed since the preview, and accepts an outline that is not JSON", () => {
    const before = JSON.stringify({ access: "Access: denied", ent_1: "A: active" });
    const after = JSON.stringify({ access: "Access: denied", ent_1: "A: canceled", ent_2: "B: active" });
    expect(compareOutlines(before, after)).toEqual([
      { was: "A: active", is: "A: canceled" },
      { was: "", is: "B: active" },
    ]);
    expect(compareOutlines("{", after)).toHaveLength(3);
  });
});

describe("stripeLink", () => {
  it("stripeLink() links to the Stripe dashboard of the account and mode", () => {
    expect(buildStripeUrl("pi_1", "test", "acct_1")).toBe(
      "https://dashboard.stripe.com/acct_1/test/payments/pi_1",
    );
    expect(buildStripeUrl("cs_1", "live", null)).toBe("https://dashboard.stripe.com/search?query=cs_1");
  });
});

describe("entitlements with included units", () => {
  it("groupIncluded() lists units below the subscription that includes them, and keeps the others in place", () => {
    const list = [
      entitlement({ entitlementId: "lot_2", includedIn: "sub" }),
      entitlement({ entitlementId: "pack" }),
      entitlement({ entitlementId: "lot_1", includedIn: "sub" }),
      entitlement({ entitlementId: "sub", kind: "subscription" }),
      entitlement({ entitlementId: "orphan", includedIn: "gone" }),
    ];
    const ids = groupIncluded(list).map(({ entitlementId }) => entitlementId);
    expect(ids).toEqual(["pack", "sub", "lot_2", "lot_1", "orphan"]);
  });

  it("entries of included units have words of their own, not the name of the operation", () => {
    const titles = ["allowance_began", "allowance_terms", "other"].map((reason) =>
      toEntryTitle(entry(1, "allowance", 5, { reason })),
    );
    expect(titles).toEqual([
      "Included units granted",
      "Terms of included units changed",
      "Included units updated",
    ]);
  });
});
