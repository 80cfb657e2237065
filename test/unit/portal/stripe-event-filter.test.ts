import { describe, expect, it } from "vitest";
import { formatCursor, parseStripeEventFilter } from "../../../workers/portal/pages/events/filter.ts";

describe("the filter of Stripe events", () => {
  it("reads what the form sends, and the position after the last event of a page", () => {
    const before = { receivedAt: 1_764_000_000_000, eventId: "evt_1abc" };
    const query = {
      status: "failed",
      type: "charge.refunded",
      customer: "user_1",
      before: formatCursor(before),
    };
    expect(parseStripeEventFilter(query)).toEqual({
      filter: { status: "failed", type: "charge.refunded", subjectRef: "user_1", before },
      values: { status: "failed", type: "charge.refunded", customer: "user_1" },
    });
  });

  it("ignores an unknown status and a malformed position", () => {
    for (const before of ["", "evt_1", "17.", "x.evt_1", "17.evt 1"])
      expect(parseStripeEventFilter({ status: "settled", before })).toEqual({
        filter: {},
        values: { status: "", type: "", customer: "" },
      });
  });
});
