import { describe, expect, it } from "vitest";
import { formatCursor, parseStripeEventFilter } from "../../../workers/portal/pages/events/filter.ts";

describe("the filter of Stripe events", () => {
  const parse = (query: Record<string, string>) => parseStripeEventFilter(new URLSearchParams(query));

  it("reads what the form sends, and the position after the last event of a page", () => {
    const before = { receivedAt: 1_764_000_000_000, eventId: "evt_1abc" };
    const query = {
      status: "failed",
      type: "charge.refunded",
      customer: "user_1",
      before: formatCursor(before),
    };
    expect(parse(query)).toEqual({
      filter: { status: "failed", type: "charge.refunded", subjectRef: "user_1", before },
      values: query,
      errors: {},
    });
    expect(parse({ status: "", type: "", customer: "" })).toEqual({ filter: {}, values: {}, errors: {} });
  });

  it.each(["evt_1", "17.", "x.evt_1", "17.evt 1"])("refuses the malformed position %s", (before) => {
    expect(parse({ before }).errors).toEqual({ "": expect.any(String) });
  });

  it("refuses an unknown status and an unknown filter", () => {
    expect(parse({ status: "deed" }).errors).toEqual({ status: expect.any(String) });
    expect(parse({ http: "5xx" }).errors).toEqual({ "": expect.any(String) });
  });
});
