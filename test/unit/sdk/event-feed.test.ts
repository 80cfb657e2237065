import { expect, it } from "vitest";
import { toCamelCase, toSnakeCase } from "../../../sdk/src/case.ts";
import { EventFeed } from "../../../sdk/src/cli/listen/event-feed.ts";
import type { LicenzyEvent } from "../../../sdk/src/index.ts";
import { outboundEventDataSchema } from "../../../shared/contract/outbound-event.ts";

const minuteMs = 60_000;
const event = (id: string, minutes: number) =>
  ({ id, type: "usage.consumed", timestamp: new Date(minutes * minuteMs).toISOString() }) as LicenzyEvent;

/** A list of events, newest first, that counts what is read. */
function newList() {
  const events: LicenzyEvent[] = [];
  let reads = 0;
  let failAfter = Number.POSITIVE_INFINITY;
  const feed = new EventFeed(async function* () {
    for (const each of events.toSorted((a, b) => (a.timestamp < b.timestamp ? 1 : -1))) {
      if (reads++ >= failAfter) throw new Error("no connection");
      yield each;
    }
  });
  const readIds = async () => (await feed.read()).map(({ id }) => id);
  return {
    events,
    feed,
    readIds,
    reads: () => reads,
    fail: (after: number) => {
      failAfter = reads + after;
    },
  };
}

it("the feed skips what is there at its start, and returns each later event once, oldest first", async () => {
  const { events, feed, readIds } = newList();
  events.push(event("a", 100));
  await feed.start();
  expect(await readIds()).toEqual([]);
  events.push(event("b", 101), event("c", 102));
  expect([await readIds(), await readIds()]).toEqual([["b", "c"], []]);
});

it("the feed finds an event that appears after a newer one, also when the clock was advanced in between", async () => {
  const { events, feed, readIds } = newList();
  await feed.start();
  events.push(event("newer", 100));
  expect(await readIds()).toEqual(["newer"]);
  events.push(event("late", 96), event("next month", 50_000));
  expect(await readIds()).toEqual(["late", "next month"]);
});

it("the feed finds what time alone did hours before it is listed", async () => {
  const { events, feed, readIds } = newList();
  await feed.start();
  events.push(event("by a request", 1_000));
  expect(await readIds()).toEqual(["by a request"]);
  events.push(event("expired at night", 400));
  expect([await readIds(), await readIds()]).toEqual([["expired at night"], []]);
});

it("the feed shows no old event when newer ones are erased", async () => {
  const { events, feed, readIds } = newList();
  for (let minute = 0; minute < 1_000; minute++) events.push(event(`old ${minute}`, minute));
  await feed.start();
  events.splice(950, 20);
  expect([await readIds(), await readIds()]).toEqual([[], []]);
});

it("the feed finds each of many events in five minutes once", async () => {
  const { events, feed, readIds } = newList();
  await feed.start();
  for (let number = 0; number < 300; number++) events.push(event(`event ${number}`, 100 + number / 100));
  expect(await readIds()).toHaveLength(300);
  events.push(event("last", 103));
  expect([await readIds(), await readIds()]).toEqual([["last"], []]);
});

it("the feed reads one page, not the whole history", async () => {
  const { events, feed, reads } = newList();
  for (let minute = 0; minute < 1_000; minute++) events.push(event(`old ${minute}`, minute));
  await feed.start();
  await feed.read();
  expect(reads()).toBeLessThanOrEqual(2 * 101);
});

it("a read that fails halfway loses no event", async () => {
  const { events, feed, readIds, fail } = newList();
  await feed.start();
  events.push(event("a", 100), event("b", 101));
  fail(1);
  await expect(readIds()).rejects.toThrow("no connection");
  fail(Number.POSITIVE_INFINITY);
  expect(await readIds()).toEqual(["a", "b"]);
});

it("a forwarded body has the bytes of the delivered one: every name survives the SDK's conversion", () => {
  const names = Object.keys(outboundEventDataSchema.shape);
  const data = { ...Object.fromEntries(names.map((name) => [name, null])), metadata: { my_Order: "a_b" } };
  const body = JSON.stringify({ id: "evt_1", type: "usage.consumed", timestamp: "", data });
  expect(names.length).toBeGreaterThan(20);
  expect(JSON.stringify(toSnakeCase(toCamelCase(JSON.parse(body))))).toBe(body);
});
