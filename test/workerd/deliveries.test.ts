import { describe, expect, it } from "vitest";
import { requeueDelivery, resendDelivery } from "../../shared/contract/operations/deliveries.ts";
import {
  deleteEndpoint,
  disableEndpoint,
  editEndpoint,
  enableEndpoint,
  sendTestEvent,
} from "../../shared/contract/operations/endpoints.ts";
import { readDelivery } from "../../shared/db/deliveries.ts";
import { readEndpoint } from "../../shared/db/endpoints.ts";
import { type DeliveryMessage, insertEvents } from "../../shared/db/outbound-events.ts";
import { deriveIdAt, newId } from "../../shared/kit/ids.ts";
import {
  endDeliveriesOfDeletedEndpoints,
  listDueDeliveries,
} from "../../workers/deliveries/db/deliveries.ts";
import {
  type ClaimedDelivery,
  claimDelivery,
  type DeliveryAttemptOutcome,
  recordDeliveryAttempt,
} from "../../workers/deliveries/db/delivery-attempts.ts";
import { deleteOldDeliveries } from "../../workers/deliveries/db/retention.ts";
import { act, newEndpoint, newScope } from "./endpoints.ts";
import { env } from "./subjects.ts";

const { DB } = env;
const start = 1_800_000_000_000;
const leaseMs = 45_000;
const dayMs = 86_400_000;
const maxAttempts = 10;

/** Creates an endpoint and `count` deliveries for it, due at `start`. */
async function newDeliveries(count: number) {
  const scope = newScope();
  const { endpointId } = await newEndpoint(scope);
  const events = Array.from({ length: count }, (_, number) => ({
    eventId: deriveIdAt("evt", start + number, `${scope.projectId}/${number}`),
    type: "purchase.finalized" as const,
    sequence: number + 1,
    occurredAt: start + number,
    body: JSON.stringify({ number }),
  }));
  const wakeUps = await insertEvents(DB, { ...scope, subjectRef: "user_1" }, events, start);
  expect(wakeUps).toHaveLength(count);
  return { scope, endpointId, events, wakeUps };
}

const claim = (wakeUp: DeliveryMessage, at = start) =>
  claimDelivery(
    DB,
    wakeUp,
    { id: newId("req"), now: at, until: at + leaseMs, nextAttemptAts: [at + leaseMs] },
    maxAttempts,
  );

async function mustClaim(wakeUp: DeliveryMessage | undefined, at = start): Promise<ClaimedDelivery> {
  const claimed = wakeUp === undefined ? null : await claim(wakeUp, at);
  if (claimed === null) throw new Error("not claimed");
  return claimed;
}

const success: DeliveryAttemptOutcome = {
  durationMs: 5,
  httpStatus: 200,
  error: null,
  excerpt: "ok",
  nextAttemptAt: null,
  isGone: false,
};
const failure = (nextAttemptAt: number | null): DeliveryAttemptOutcome => ({
  durationMs: 7,
  httpStatus: 500,
  error: "http",
  excerpt: "no",
  nextAttemptAt,
  isGone: false,
});
const record = (claimed: ClaimedDelivery, outcome: DeliveryAttemptOutcome, at = start) =>
  recordDeliveryAttempt(DB, claimed, outcome, { now: at, disableAfterMs: 5 * dayMs });

async function read(scope: ReturnType<typeof newScope>, deliveryId: string) {
  const detail = await readDelivery(DB, scope, deliveryId);
  if (detail === null) throw new Error("no such delivery");
  return detail;
}

describe("claimDelivery", () => {
  it("one of 20 concurrent workers claims a delivery and begins exactly one attempt", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    const [wakeUp] = wakeUps;
    if (wakeUp === undefined) throw new Error("none");
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(wakeUp)));
    expect(claims.filter((claimed) => claimed !== null)).toHaveLength(1);
    const { attempts, delivery } = await read(scope, wakeUp.deliveryId);
    expect(attempts).toMatchObject([{ number: 1, kind: "scheduled", durationMs: null }]);
    expect(delivery).toMatchObject({ state: "pending", epoch: 1, attempts: 1 });
  });

  it("a claim is refused when its message is stale, or the delivery not due or in progress", async () => {
    const { wakeUps } = await newDeliveries(1);
    const [wakeUp] = wakeUps;
    if (wakeUp === undefined) throw new Error("none");
    expect(await claim(wakeUp, start - 1)).toBeNull();
    const claimed = await mustClaim(wakeUp);
    expect(await claim(wakeUp)).toBeNull();
    expect(await claim(claimed)).toBeNull();
    await record(claimed, failure(start + 5_000));
    expect(await claim(wakeUp, start + 5_000)).toBeNull();
    expect(await claim(claimed, start + 4_999)).toBeNull();
    expect(await claim(claimed, start + 5_000)).toMatchObject({ number: 2, attemptsInRun: 2 });
  });

  it("an endpoint has at most four claims, and ending one starts the next delivery", async () => {
    const { wakeUps } = await newDeliveries(6);
    const claims = await Promise.all(wakeUps.map((wakeUp) => claim(wakeUp)));
    const held = claims.filter((claimed) => claimed !== null);
    expect(held).toHaveLength(4);
    const [first] = held;
    if (first === undefined) throw new Error("none");
    const next = await record(first, success);
    expect(next).not.toBeNull();
    expect(await mustClaim(next ?? undefined)).toMatchObject({ number: 1 });
  });

  it("a claim expires as interrupted when its worker is gone, and another attempt follows", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    const claimed = await mustClaim(wakeUps[0]);
    const later = start + leaseMs;
    expect(await listDueDeliveries(DB, later - 1, 100, claimed.endpointId)).toEqual([]);
    const due = await listDueDeliveries(DB, later, 100, claimed.endpointId);
    const { deliveryId, epoch, projectId } = claimed;
    expect(due).toEqual([{ deliveryId, epoch, projectId }]);
    const second = await mustClaim(due[0], later);
    expect(second).toMatchObject({ number: 2, eventId: claimed.eventId, body: claimed.body });
    await record(second, success, later);
    const { attempts, delivery } = await read(scope, claimed.deliveryId);
    expect(attempts.map(({ number, error, durationMs }) => [number, error, durationMs])).toEqual([
      [1, "interrupted", leaseMs],
      [2, null, 5],
    ]);
    expect(delivery.state).toBe("sent");
  });

  it("an overtaken worker completes its own attempt and changes nothing else", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    const slow = await mustClaim(wakeUps[0]);
    const second = await mustClaim(slow, start + leaseMs);
    await record(slow, failure(null), start + leaseMs + 1);
    const during = await read(scope, slow.deliveryId);
    expect(during.delivery).toMatchObject({ state: "pending", epoch: second.epoch });
    expect(during.attempts[0]).toMatchObject({ number: 1, error: "http", httpStatus: 500 });
    await record(second, success, start + leaseMs + 2);
    expect((await read(scope, slow.deliveryId)).delivery.state).toBe("sent");
  });

  it("a delivery becomes dead when ten attempts killed their workers", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    let [wakeUp] = wakeUps;
    for (let number = 1; number <= maxAttempts; number++)
      wakeUp = await mustClaim(wakeUp, start + number * leaseMs);
    if (wakeUp === undefined) throw new Error("none");
    expect(await claim(wakeUp, start + 20 * leaseMs)).toBeNull();
    const { delivery, attempts } = await read(scope, wakeUp.deliveryId);
    expect(delivery).toMatchObject({ state: "dead", lastError: "interrupted", nextAttemptAt: null });
    expect(attempts).toHaveLength(maxAttempts);
    expect(attempts.every(({ error }) => error === "interrupted")).toBe(true);
  });
});

describe("failing endpoint", () => {
  it("the breaker allows one attempt at a time after five failures until a 2xx response", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(12);
    let at = start;
    for (const wakeUp of wakeUps.slice(0, 5))
      await record(await mustClaim(wakeUp, at), failure(at + dayMs), at);
    const paused = await readEndpoint(DB, scope, endpointId);
    expect(paused).toMatchObject({ consecutiveFailures: 5, failingSince: start, pausedUntil: at + 5_000 });
    const [sixth, seventh, eighth] = wakeUps.slice(5);
    if (sixth === undefined || seventh === undefined || eighth === undefined) throw new Error("too few");
    expect(await claim(sixth, at + 4_999)).toBeNull();
    expect(await listDueDeliveries(DB, at + 4_999, 100, endpointId)).toEqual([]);
    at += 5_000;
    const probe = await mustClaim(sixth, at);
    expect(await claim(seventh, at)).toBeNull();
    await record(probe, failure(at + dayMs), at);
    expect((await readEndpoint(DB, scope, endpointId))?.pausedUntil).toBe(at + 10_000);
    at += 10_000;
    await record(await mustClaim(seventh, at), success, at);
    expect(await readEndpoint(DB, scope, endpointId)).toMatchObject({
      consecutiveFailures: 0,
      failingSince: null,
      pausedUntil: null,
    });
    const claims = await Promise.all(wakeUps.slice(7).map((wakeUp) => claim(wakeUp, at)));
    expect(claims.filter((claimed) => claimed !== null)).toHaveLength(4);
  });

  it("the breaker never pauses an endpoint for more than a minute", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(12);
    for (const [number, wakeUp] of wakeUps.entries()) {
      const at = start + number * 100_000;
      await record(await mustClaim(wakeUp, at), failure(at + dayMs), at);
    }
    const endpoint = await readEndpoint(DB, scope, endpointId);
    expect(endpoint?.pausedUntil).toBe(start + 11 * 100_000 + 60_000);
  });

  it("an endpoint is disabled after five days of only failures, and its deliveries are kept", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(3);
    await record(await mustClaim(wakeUps[0]), failure(null));
    expect((await read(scope, wakeUps[0]?.deliveryId ?? "")).delivery.state).toBe("dead");
    const justBefore = start + 5 * dayMs - 1;
    await record(await mustClaim(wakeUps[1], justBefore), failure(justBefore + 5_000), justBefore);
    expect((await readEndpoint(DB, scope, endpointId))?.isEnabled).toBe(true);
    const after = start + 5 * dayMs;
    await record(await mustClaim(wakeUps[2], after), failure(after + 5_000), after);
    expect(await readEndpoint(DB, scope, endpointId)).toMatchObject({
      isEnabled: false,
      disableReason: "failing",
      disabledAt: after,
    });
    expect(await listDueDeliveries(DB, after + dayMs, 100, endpointId)).toEqual([]);
    expect((await read(scope, wakeUps[2]?.deliveryId ?? "")).delivery.state).toBe("failed");
  });

  it("an endpoint is disabled immediately when it answers 410", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(1);
    await record(await mustClaim(wakeUps[0]), { ...failure(start + 5_000), httpStatus: 410, isGone: true });
    expect(await readEndpoint(DB, scope, endpointId)).toMatchObject({
      isEnabled: false,
      disableReason: "gone",
    });
  });
});

describe("disabled endpoint", () => {
  it("an endpoint gets its kept deliveries or none when an operator enables it", async () => {
    for (const [waiting, state, due] of [
      ["send", "pending", 2],
      ["drop", "dead", 0],
    ] as const) {
      const { scope, endpointId, wakeUps } = await newDeliveries(2);
      await act(disableEndpoint, scope, { endpointId }, start);
      expect(await claim(wakeUps[0] ?? { deliveryId: "", epoch: 0 })).toBeNull();
      const week = start + 7 * dayMs;
      expect(await act(enableEndpoint, scope, { endpointId, waiting }, week)).toEqual({
        outcome: "done",
      });
      expect(await listDueDeliveries(DB, week, 100, endpointId)).toHaveLength(due);
      for (const { deliveryId } of wakeUps)
        expect((await read(scope, deliveryId)).delivery.state).toBe(state);
    }
  });

  it("an endpoint drops nothing when it was enabled already", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(1);
    await act(enableEndpoint, scope, { endpointId, waiting: "drop" }, start);
    expect((await read(scope, wakeUps[0]?.deliveryId ?? "")).delivery.state).toBe("pending");
  });
});

describe("deleted endpoint", () => {
  it("a deleted endpoint ends queued deliveries as dead and running ones with their result", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(4);
    const [sending, failing, lost] = await Promise.all(
      wakeUps.slice(0, 3).map((wakeUp) => mustClaim(wakeUp)),
    );
    if (sending === undefined || failing === undefined || lost === undefined) throw new Error("too few");
    await act(deleteEndpoint, scope, { endpointId }, start);
    const stateOf = async (index: number) =>
      (await read(scope, wakeUps[index]?.deliveryId ?? "")).delivery.state;
    expect(await stateOf(3)).toBe("dead");
    expect(await stateOf(0)).toBe("pending");
    await record(sending, success);
    await record(failing, failure(start + 5_000));
    expect([await stateOf(0), await stateOf(1), await stateOf(2)]).toEqual(["sent", "dead", "pending"]);
    await endDeliveriesOfDeletedEndpoints(DB, start + leaseMs, 100);
    expect(await stateOf(2)).toBe("dead");
    expect(await act(requeueDelivery, scope, { deliveryId: lost.deliveryId }, start + leaseMs)).toMatchObject(
      {
        reason: "conflict",
        message: expect.stringContaining("was deleted"),
      },
    );
  });
});

describe("requeueDelivery and resendDelivery", () => {
  it("a requeue replaces the scheduled attempt immediately and restarts the schedule", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    const claimed = await mustClaim(wakeUps[0]);
    await record(claimed, failure(start + 5_000));
    expect(await act(requeueDelivery, scope, { deliveryId: claimed.deliveryId }, start + 1)).toEqual({
      outcome: "done",
    });
    // The message of the scheduled attempt arrives too late.
    expect(await claim(claimed, start + 5_000)).toBeNull();
    const [due] = await listDueDeliveries(DB, start + 1, 100, claimed.endpointId);
    const manual = await mustClaim(due, start + 1);
    expect(manual).toMatchObject({ number: 2, attemptsInRun: 1, eventId: claimed.eventId });
    expect((await read(scope, claimed.deliveryId)).attempts[1]?.kind).toBe("manual");
    await record(manual, failure(start + 6_000), start + 1);
    await mustClaim(manual, start + 6_000);
    expect((await read(scope, claimed.deliveryId)).attempts[2]?.kind).toBe("scheduled");
  });

  it("a requeue is refused while an attempt is in progress", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    const first = await mustClaim(wakeUps[0]);
    await record(first, failure(start + 5_000));
    const second = await mustClaim(first, start + 5_000);
    expect(await act(requeueDelivery, scope, { deliveryId: first.deliveryId }, start + 5_001)).toMatchObject({
      reason: "conflict",
      message: expect.stringContaining("in progress"),
    });
    await record(second, success, start + 5_002);
    expect((await read(scope, first.deliveryId)).delivery).toMatchObject({ state: "sent", attempts: 2 });
  });

  it("a requeue is refused in the wrong state and for another project's delivery", async () => {
    const { scope, wakeUps } = await newDeliveries(1);
    const id = wakeUps[0]?.deliveryId ?? "";
    expect(await act(requeueDelivery, scope, { deliveryId: id }, start)).toMatchObject({
      reason: "conflict",
      message: expect.stringContaining("now pending"),
    });
    expect(await act(requeueDelivery, newScope(), { deliveryId: id }, start)).toMatchObject({
      reason: "not_found",
    });
    await record(await mustClaim(wakeUps[0]), success);
    expect(await act(resendDelivery, scope, { deliveryId: id }, start)).toEqual({ outcome: "done" });
    const resent = await mustClaim({ deliveryId: id, epoch: 2 });
    expect((await read(scope, id)).delivery.state).toBe("sent");
    await record(resent, failure(start + 5_000));
    expect((await read(scope, id)).delivery.state).toBe("failed");
  });
});

describe("removeOldDeliveries", () => {
  it("retention removes deliveries, attempts and events after 30 days and nothing younger", async () => {
    const { scope, events, wakeUps } = await newDeliveries(3);
    await record(await mustClaim(wakeUps[0]), success);
    const id = wakeUps[0]?.deliveryId ?? "";
    await deleteOldDeliveries(DB, start, 100);
    expect((await read(scope, id)).attempts).toHaveLength(1);
    await deleteOldDeliveries(DB, start + dayMs, 100);
    expect(await readDelivery(DB, scope, id)).toBeNull();
    const left = await DB.prepare(
      `SELECT (SELECT count(*) FROM delivery_attempts WHERE delivery_id = ?1) AS attempts,
         (SELECT count(*) FROM events WHERE event_id = ?2) AS events`,
    )
      .bind(id, events[0]?.eventId ?? "")
      .first();
    expect(left).toEqual({ attempts: 0, events: 0 });
  });

  it("retention keeps an old event that was written recently", async () => {
    const scope = newScope();
    await newEndpoint(scope);
    const event = {
      eventId: deriveIdAt("evt", start - 60 * dayMs, scope.projectId),
      type: "purchase.finalized" as const,
      sequence: 1,
      occurredAt: start - 60 * dayMs,
      body: "{}",
    };
    const [wakeUp] = await insertEvents(DB, { ...scope, subjectRef: "user_1" }, [event], start);
    await deleteOldDeliveries(DB, start - 30 * dayMs, 100);
    expect(await readDelivery(DB, scope, wakeUp?.deliveryId ?? "")).not.toBeNull();
  });
});

describe("order of the sweep", () => {
  it("60 endpoints with an open breaker do not starve an endpoint that is late in the table", async () => {
    await DB.exec("DELETE FROM deliveries");
    const broken = new Set<string>();
    for (let number = 0; number < 60; number++) {
      const { endpointId } = await newDeliveries(4);
      await DB.prepare("UPDATE endpoints SET consecutive_failures = 9 WHERE endpoint_id = ?")
        .bind(endpointId)
        .run();
      broken.add(endpointId);
    }
    const due = await listDueDeliveries(DB, start, 100);
    expect(due, "one of each endpoint with an open breaker").toHaveLength(60);
    // The healthy deliveries are due later than the backlog of every broken endpoint.
    const healthy = await newDeliveries(3);
    const slots = 20;
    const sent: number[] = [];
    for (let round = 1; sent.length < 3 && round < 10; round++) {
      const at = start + round * 60_000;
      for (const message of await listDueDeliveries(DB, at, slots)) {
        const claimed = await claim(message, at);
        if (claimed === null) continue;
        const isBroken = broken.has(claimed.endpointId);
        await record(claimed, isBroken ? failure(at + 5_000) : success, at);
        if (!isBroken) sent.push(round);
      }
    }
    expect(await listDueDeliveries(DB, start, 100, healthy.endpointId)).toEqual([]);
    // 60 endpoints share 20 places: each is served once in three rounds, and so is the healthy one.
    expect(sent).toHaveLength(3);
    expect(Math.max(...sent)).toBeLessThanOrEqual(4);
  });
});

describe("a type that the endpoint no longer subscribes to", () => {
  it("a waiting delivery ends dead when its type is unticked, and an operator can still send it once", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(3);
    const [retried, waiting, running] = wakeUps;
    if (retried === undefined || waiting === undefined || running === undefined) throw new Error("too few");
    await record(await mustClaim(retried), failure(start + 60_000));
    const inProgress = await mustClaim(running);
    const endpoint = await readEndpoint(DB, scope, endpointId);
    if (endpoint === null) throw new Error("none");
    const { url, description, updatedAt: version } = endpoint;
    const eventTypes = ["invoice.payment_failed" as const];
    const edited = await act(
      editEndpoint,
      scope,
      { endpointId, version, url, description, eventTypes },
      start + 1,
    );
    expect(edited).toEqual({ outcome: "done" });
    for (const { deliveryId } of [retried, waiting])
      expect((await read(scope, deliveryId)).delivery).toMatchObject({ state: "dead", nextAttemptAt: null });
    await record(inProgress, failure(start + 60_000), start + 2);
    expect((await read(scope, running.deliveryId)).delivery, "in progress").toMatchObject({ state: "dead" });
    expect(await act(requeueDelivery, scope, { deliveryId: retried.deliveryId }, start + 3)).toEqual({
      outcome: "done",
    });
    const [again] = await listDueDeliveries(DB, start + 3, 100, endpointId);
    await record(await mustClaim(again, start + 3), failure(start + 60_000), start + 3);
    expect((await read(scope, retried.deliveryId)).delivery).toMatchObject({ state: "dead", attempts: 2 });
  });

  it("a claim ends a delivery of such a type, if the edit did not get to it", async () => {
    const { scope, endpointId, wakeUps } = await newDeliveries(1);
    await DB.prepare(`UPDATE endpoints SET event_types = '["invoice.payment_failed"]' WHERE endpoint_id = ?`)
      .bind(endpointId)
      .run();
    expect(await claim(wakeUps[0] ?? { deliveryId: "", epoch: 0 })).toBeNull();
    const { delivery, attempts } = await read(scope, wakeUps[0]?.deliveryId ?? "");
    expect(delivery.state).toBe("dead");
    expect(attempts).toEqual([]);
  });
});

describe("test event", () => {
  it("a failed test is not retried, and does not open the breaker or disable the endpoint", async () => {
    const { scope, endpointId } = await newDeliveries(0);
    for (let number = 0; number < 6; number++) {
      const at = start + number * dayMs;
      const sent = await act(sendTestEvent, scope, { endpointId }, at);
      if (sent.outcome !== "done") throw new Error("not sent");
      const claimed = await mustClaim({ deliveryId: sent.deliveryId, epoch: 0 }, at);
      await record(claimed, failure(at + 5_000), at);
      expect((await read(scope, sent.deliveryId)).delivery).toMatchObject({
        state: "dead",
        nextAttemptAt: null,
      });
    }
    expect(await readEndpoint(DB, scope, endpointId)).toMatchObject({
      isEnabled: true,
      consecutiveFailures: 0,
      failingSince: null,
      pausedUntil: null,
    });
  });

  it("a test does not wait for the pause of an open breaker, and a 2xx closes it", async () => {
    const { scope, endpointId } = await newDeliveries(0);
    await DB.prepare(
      "UPDATE endpoints SET consecutive_failures = 9, failing_since = 1, paused_until = ?1 WHERE endpoint_id = ?2",
    )
      .bind(start + 60_000, endpointId)
      .run();
    const sent = await act(sendTestEvent, scope, { endpointId }, start);
    if (sent.outcome !== "done") throw new Error("not sent");
    await record(await mustClaim({ deliveryId: sent.deliveryId, epoch: 0 }), success);
    expect(await readEndpoint(DB, scope, endpointId)).toMatchObject({
      consecutiveFailures: 0,
      pausedUntil: null,
    });
  });
});
