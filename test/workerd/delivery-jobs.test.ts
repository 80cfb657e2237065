import { describe, expect, it } from "vitest";
import {
  type DeliveryFilter,
  requeueMany,
  stopDeliveryJob,
  toRequeueableFilter,
} from "../../shared/contract/operations/deliveries.ts";
import { disableEndpoint, enableEndpoint, replayEvents } from "../../shared/contract/operations/endpoints.ts";
import { readDeliveryJob } from "../../shared/db/delivery-jobs.ts";
import { insertEvents } from "../../shared/db/outbound-events.ts";
import { deriveIdAt, newId } from "../../shared/kit/ids.ts";
import {
  countDeliveries,
  listDeliveries,
  listDueDeliveries,
} from "../../workers/deliveries/db/deliveries.ts";
import { processJobPage } from "../../workers/deliveries/db/delivery-jobs.ts";
import { retryFailedWork } from "../../workers/runtime/db/retry-customer.ts";
import { act, enqueued, newEndpoint, newScope, now } from "./endpoints.ts";
import { actor } from "./members.ts";
import { env } from "./subjects.ts";

const { DB } = env;

const countRequeueable = (scope: ReturnType<typeof newScope>, filter: DeliveryFilter) =>
  countDeliveries(DB, scope, toRequeueableFilter(filter));

/**
 * Inserts `count` events of the project, one second apart and beginning at `from`, for the endpoints that it
 * has.
 */
async function newEvents(scope: ReturnType<typeof newScope>, count: number, from: number) {
  const events = Array.from({ length: count }, (_, number) => ({
    eventId: deriveIdAt("evt", from + number * 1_000, `${scope.projectId}/${from}/${number}`),
    type: number % 2 === 0 ? ("purchase.finalized" as const) : ("entitlement.updated" as const),
    sequence: number + 1,
    occurredAt: from + number * 1_000,
    body: "{}",
  }));
  await insertEvents(DB, { ...scope, subjectRef: "user_1" }, events, from);
  return events;
}

const both = ["purchase.finalized", "entitlement.updated"] as const;

async function allDead(count: number) {
  const scope = newScope();
  const { endpointId } = await newEndpoint(scope, [...both]);
  const at = await now();
  await newEvents(scope, count, at - 10_000_000);
  await act(disableEndpoint, scope, { endpointId }, at);
  await act(enableEndpoint, scope, { endpointId, waiting: "drop" }, at);
  return { scope, endpointId };
}

async function requeue(scope: ReturnType<typeof newScope>, filter: DeliveryFilter) {
  const job = { jobId: newId("job"), filter };
  const begun = await act(requeueMany, scope, job, await now());
  if (begun.outcome !== "done") throw new Error(begun.message);
  return begun;
}

async function page(jobId: string, size: number) {
  const job = await readDeliveryJob(DB, jobId);
  if (job === null) throw new Error("no such job");
  return { job, ...(await processJobPage(DB, job, size, await now())) };
}

describe("bulk requeue", () => {
  it("a bulk requeue counts its deliveries, then processes exactly those page by page", async () => {
    const { scope, endpointId } = await allDead(25);
    const filter = { endpointId, states: ["dead" as const], eventType: "purchase.finalized" };
    expect(await countRequeueable(scope, filter)).toBe(13);
    const { jobId, total } = await requeue(scope, filter);
    expect(total).toBe(13);
    const pages = [await page(jobId, 5), await page(jobId, 5), await page(jobId, 5)];
    expect(pages.map(({ wakeUps, isOver }) => [wakeUps.length, isOver])).toEqual([
      [5, false],
      [5, false],
      [3, true],
    ]);
    expect(await readDeliveryJob(DB, jobId)).toMatchObject({ status: "finished", done: 13, total: 13 });
    const deliveries = await listDeliveries(DB, scope, {}, { after: null, limit: 100 });
    const due = deliveries.filter(({ nextAttemptAt }) => nextAttemptAt !== null);
    expect(due).toHaveLength(13);
    expect(
      due.every(({ state, eventType }) => state === "pending" && eventType === "purchase.finalized"),
    ).toBe(true);
    expect(deliveries.filter(({ state }) => state === "dead")).toHaveLength(12);
  });

  it("a bulk requeue processes a page once when two workers have it at the same time", async () => {
    const { scope } = await allDead(10);
    const { jobId } = await requeue(scope, {});
    const job = await readDeliveryJob(DB, jobId);
    if (job === null) throw new Error("no such job");
    const both = await Promise.all([
      processJobPage(DB, job, 5, await now()),
      processJobPage(DB, job, 5, await now()),
    ]);
    expect(both.map(({ wakeUps }) => wakeUps.length).toSorted()).toEqual([0, 5]);
    expect(await readDeliveryJob(DB, jobId)).toMatchObject({ done: 5 });
    const deliveries = await listDeliveries(DB, scope, {}, { after: null, limit: 100 });
    expect(Math.max(...deliveries.map(({ epoch }) => epoch))).toBe(2);
  });

  it("a bulk requeue stops on request and keeps its finished pages", async () => {
    const { scope } = await allDead(10);
    const { jobId } = await requeue(scope, {});
    const stale = await readDeliveryJob(DB, jobId);
    if (stale === null) throw new Error("no such job");
    await page(jobId, 4);
    expect(await act(stopDeliveryJob, scope, { jobId }, await now())).toEqual({ outcome: "done" });
    expect(await readDeliveryJob(DB, jobId)).toMatchObject({ status: "stopped", done: 4, total: 10 });
    expect((await page(jobId, 4)).wakeUps).toEqual([]);
    expect((await processJobPage(DB, stale, 4, await now())).wakeUps).toEqual([]);
    expect(await act(stopDeliveryJob, newScope(), { jobId }, await now())).toMatchObject({
      reason: "not_found",
    });
  });

  it("a retry of many deliveries, a replay and a customer's retry do not wait for the pause of an open breaker", async () => {
    const { scope, endpointId } = await allDead(5);
    const countDueDuringPause = async (retry: () => Promise<unknown>) => {
      await DB.prepare(
        `UPDATE endpoints SET consecutive_failures = 9, failing_since = ?1, paused_until = ?1 WHERE endpoint_id = ?2`,
      )
        .bind((await now()) + 60_000, endpointId)
        .run();
      expect(await listDueDeliveries(DB, await now(), 100, endpointId)).toEqual([]);
      await retry();
      return (await listDueDeliveries(DB, await now(), 100, endpointId)).length;
    };
    // The breaker allows one attempt at a time.
    expect(await countDueDuringPause(async () => page((await requeue(scope, { endpointId })).jobId, 5))).toBe(
      1,
    );
    const replay = { jobId: newId("job"), endpointId, since: (await now()) - 20_000_000 };
    const replayAll = async () => {
      const started = await act(replayEvents, scope, replay, await now());
      if (started.outcome !== "done") throw new Error(started.message);
      await page(started.jobId, 5);
    };
    expect(await countDueDuringPause(replayAll)).toBe(1);
    const at = await now();
    const audit = { actor, at, action: "customer.retry" as const, target: "user_1", ...scope };
    await DB.prepare("UPDATE deliveries SET state = 'failed' WHERE endpoint_id = ?1").bind(endpointId).run();
    const retryAll = () => retryFailedWork(DB, { ...scope, subjectRef: "user_1" }, at, audit);
    expect(await countDueDuringPause(retryAll)).toBe(1);
  });

  it("a bulk requeue includes no delivery that is sent or pending", async () => {
    const scope = newScope();
    await newEndpoint(scope, [...both]);
    await newEvents(scope, 3, await now());
    expect(await countRequeueable(scope, { states: ["pending", "sent"] })).toBe(0);
    expect(await countRequeueable(scope, {})).toBe(0);
  });
});

describe("replayEvents", () => {
  it("a replay sends one endpoint exactly the events of its types since a time", async () => {
    const scope = newScope();
    const other = await newEndpoint(scope, [...both]);
    const from = (await now()) - 100_000;
    const events = await newEvents(scope, 10, from);
    // Created after the events, so that it has received none of them.
    const { endpointId } = await newEndpoint(scope, ["entitlement.updated"]);
    const started = await act(
      replayEvents,
      scope,
      { jobId: newId("job"), endpointId, since: from + 4_000 },
      await now(),
    );
    if (started.outcome !== "done") throw new Error(started.message);
    expect(started.total).toBe(3);
    enqueued.length = 0;
    while (!(await page(started.jobId, 2)).isOver);
    const deliveries = await listDeliveries(DB, scope, { endpointId }, { after: null, limit: 100 });
    expect(deliveries.map(({ eventId }) => eventId).toSorted()).toEqual(
      [events[5], events[7], events[9]].map((event) => event?.eventId).toSorted(),
    );
    expect(await listDueDeliveries(DB, await now(), 100, endpointId)).toHaveLength(3);
    const untouched = await listDeliveries(
      DB,
      scope,
      { endpointId: other.endpointId },
      { after: null, limit: 100 },
    );
    expect(untouched.every(({ epoch }) => epoch === 0)).toBe(true);
  });
});

describe("listDeliveries", () => {
  it("the delivery list pages newest first without repeats or gaps, and filters", async () => {
    const scope = newScope();
    const { endpointId } = await newEndpoint(scope, [...both]);
    const from = (await now()) - 100_000;
    const events = await newEvents(scope, 7, from);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const rows: Awaited<ReturnType<typeof listDeliveries>> = await listDeliveries(
        DB,
        scope,
        {},
        { after, limit: 3 },
      );
      seen.push(...rows.map(({ eventId }) => eventId));
      after = rows.at(-1)?.deliveryId ?? null;
    } while (after !== null);
    expect(seen).toEqual(events.map(({ eventId }) => eventId).toReversed());
    const count = async (filter: Parameters<typeof listDeliveries>[2]) =>
      (await listDeliveries(DB, scope, filter, { after: null, limit: 100 })).length;
    expect(await count({ endpointId })).toBe(7);
    expect(await count({ endpointId: "ep_other" })).toBe(0);
    expect(await count({ eventType: "purchase.finalized" })).toBe(4);
    expect(await count({ states: ["failed", "dead"] })).toBe(0);
    expect(await count({ states: ["pending"] })).toBe(7);
    expect(await count({ subjectRef: "user_1" })).toBe(7);
    expect(await count({ subjectRef: "user_2" })).toBe(0);
    expect(await count({ since: from + 2_000, until: from + 4_000 })).toBe(2);
    expect(await count({ eventId: events[3]?.eventId ?? "" })).toBe(1);
  });
});
