import { describe, expect, it } from "vitest";
import { type EventArrival, judgeWebhook } from "./webhook-silence.ts";

const minute = 60_000;
const hour = 60 * minute;
const now = 1_000 * hour;

/** An event that arrived this many minutes ago; a missed one 5 minutes after Stripe created it. */
const byWebhook = (minutesAgo: number): EventArrival => ({
  foundBy: "webhook",
  deliveredAt: null,
  stripeCreatedAt: now - minutesAgo * minute,
  receivedAt: now - minutesAgo * minute,
});
const bySweep = (minutesAgo: number, deliveredMinutesAgo?: number): EventArrival => ({
  foundBy: "sweep",
  deliveredAt: deliveredMinutesAgo === undefined ? null : now - deliveredMinutesAgo * minute,
  stripeCreatedAt: now - (minutesAgo + 5) * minute,
  receivedAt: now - minutesAgo * minute,
});

const judge = (arrivals: EventArrival[], registeredMinutesAgo = 100_000, threshold = 3) =>
  judgeWebhook(arrivals, { webhookSetAt: now - registeredMinutesAgo * minute, threshold, now });

describe("silent webhook", () => {
  it.each<[string, EventArrival[], number]>([
    ["the last 3 were found by sweeps", [bySweep(2), bySweep(3), bySweep(4), byWebhook(5)], 3],
    ["3 of one sweep", [bySweep(2), bySweep(2), bySweep(2), byWebhook(5)], 3],
    ["the only event of its hour was missed", [bySweep(2), byWebhook(63)], 1],
    ["the only event of its hour was missed days ago", [bySweep(3_000), byWebhook(3_061)], 1],
    ["the only event ever was missed", [bySweep(2)], 1],
    [
      "the webhook delivered before, and missed the last 3",
      [bySweep(2), bySweep(3), bySweep(4), bySweep(9, 8)],
      3,
    ],
  ])("is silent: %s", (_, arrivals, missed) => {
    expect(judge(arrivals)).toMatchObject({ missed });
  });

  it.each<[string, EventArrival[]]>([
    ["no event yet", []],
    ["every event by webhook", [byWebhook(1), byWebhook(2)]],
    ["2 missed within an hour of a delivered one", [bySweep(2), bySweep(3), byWebhook(62)]],
    ["one by webhook after many missed", [byWebhook(1), bySweep(2), bySweep(3), bySweep(4)]],
    [
      "found by a sweep seconds ago: the webhook may still deliver them",
      [bySweep(0.5), bySweep(0.5), bySweep(0.5)],
    ],
    ["Stripe's retry delivered the newest", [bySweep(5, 1), bySweep(6), bySweep(7)]],
    [
      "Stripe's retry delivered an older one, later than the newest was found",
      [bySweep(5), bySweep(6), bySweep(70, 1)],
    ],
  ])("is not silent: %s", (_, arrivals) => {
    expect(judge(arrivals)).toBeNull();
  });

  it("a registration ends it until an event is missed again", () => {
    const before = [bySweep(20), bySweep(21), bySweep(22)];
    expect(judge(before)).not.toBeNull();
    expect(judge(before, 10)).toBeNull();
    expect(judge([bySweep(2), ...before], 10)).toMatchObject({ missed: 1 });
  });

  it("a webhook that was never registered is silent", () => {
    expect(judgeWebhook([bySweep(2)], { webhookSetAt: null, threshold: 3, now })).not.toBeNull();
  });

  it("says since when, the longest delay, and whether there may be more", () => {
    const late = { ...bySweep(2), stripeCreatedAt: now - 30 * minute };
    expect(judge([bySweep(4), late, bySweep(3)])).toEqual({
      missed: 3,
      isAtLeast: true,
      since: now - 30 * minute,
      longestDelayMs: 28 * minute,
    });
    expect(judge([bySweep(2), bySweep(3), bySweep(4), byWebhook(5)])?.isAtLeast).toBe(false);
  });

  it("a threshold of the project counts", () => {
    const arrivals = [bySweep(2), bySweep(3), byWebhook(5)];
    expect(judge(arrivals, 100_000, 2)).not.toBeNull();
    expect(judge(arrivals, 100_000, 3)).toBeNull();
  });
});
