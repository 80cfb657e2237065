import { describe, expect, it } from "vitest";
import { diagnosePast } from "../../../workers/portal/pages/customer/diagnosis/diagnose-past.ts";
import { allowed, customer, deniedFor, entitlement, entry, noon, stripeEvent } from "./customers.ts";

const at = (sequence: number, reason: Parameters<typeof deniedFor>[0]) => ({
  decision: { ...deniedFor(reason), at: noon, sequence },
  entitlements: [entitlement()],
  reservations: [],
});
const used = [entry(5, "grant", 500), entry(3, "consume", -7), entry(2, "consume", -5)];
const productNames = new Map([["CREDITS_1000", "1,000 credits"]]);
const titlesOf = ({ causes }: ReturnType<typeof diagnosePast>) => causes.map(({ title }) => title);

describe("diagnosePast", () => {
  it("a past denial is explained by the entries up to it, not by what happened later", () => {
    const found = diagnosePast(
      customer({ entries: used }),
      { stripeEvents: [], productNames },
      at(3, "usage_exhausted"),
    );
    expect(found).toMatchObject({ isPartial: false, causes: [{ title: "No units left" }] });
    expect(found.causes[0]?.what).toContain("used 12 units in 2 requests");
  });

  it("a past denial with entries on an older page says so instead of guessing", () => {
    const found = diagnosePast(
      customer({ entries: used }),
      { stripeEvents: [], productNames },
      at(1, "usage_exhausted"),
    );
    expect(found).toEqual({ causes: [], isPartial: true });
  });

  it("a Stripe event that had arrived and was not processed yet is named first", () => {
    const stripeEvents = [
      stripeEvent({ eventId: "evt_later", receivedAt: noon + 1, settledAt: noon + 2 }),
      stripeEvent({ eventId: "evt_late", receivedAt: noon - 5, settledAt: noon + 60_000 }),
      stripeEvent({ eventId: "evt_open", receivedAt: noon - 5, settledAt: null }),
      stripeEvent({ eventId: "evt_done", receivedAt: noon - 5, settledAt: noon }),
    ];
    const found = diagnosePast(customer(), { stripeEvents, productNames }, at(0, "payment_past_due"));
    expect(found.causes.map(({ what }) => (typeof what === "string" ? "text" : what.eventId))).toEqual([
      "evt_late",
      "evt_open",
      "text",
    ]);
    expect(titlesOf(found)).toContain("Renewal failed");
  });

  it("allowed access in the past has no causes", () => {
    const past = { decision: { ...allowed, at: noon, sequence: 3 }, entitlements: [], reservations: [] };
    expect(diagnosePast(customer(), { stripeEvents: [], productNames }, past)).toEqual({
      causes: [],
      isPartial: false,
    });
  });
});
