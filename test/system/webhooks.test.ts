import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it } from "vitest";
import type { DeliveryAttemptError } from "../../shared/contract/enums.ts";
import { requeueDelivery, requeueMany, resendDelivery } from "../../shared/contract/operations/deliveries.ts";
import {
  disableEndpoint,
  enableEndpoint,
  replayEvents,
  revealSecret,
  sendTestEvent,
} from "../../shared/contract/operations/endpoints.ts";
import { outboundEventSchema } from "../../shared/contract/outbound-event.ts";
import { newId } from "../../shared/kit/ids.ts";
import { eventually } from "../eventually.ts";
import { newReceiver, respondOk, respondWith, type ScriptedReceiver, WebhookOperations } from "./receiver.ts";
import { advanceClock } from "./stripe-world.ts";
import { buy, newWorld, readStackTime } from "./world.ts";

const hour = 3_600;
const day = 24 * hour;
/** Returns the upper bound of a scheduled pause: 20% jitter, plus 2 s because the clock keeps running. */
const maxPause = (seconds: number) => Math.ceil(seconds * 1.2) + 2;

const open: ScriptedReceiver[] = [];
async function receiver(respond = respondOk): Promise<ScriptedReceiver> {
  const made = await newReceiver(respond);
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

describe("webhook delivery", () => {
  it("a delivery reports a purchase, and the standardwebhooks package verifies it", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver();
    const { secret } = await hooks.create(target.url, ["purchase.finalized", "usage.consumed"]);
    await buy(world, "user_1");
    await eventually(() => expect(target.log).toHaveLength(1));
    await world.api.consume("user_1", 100, "k1");
    await eventually(() => expect(target.log).toHaveLength(2));
    for (const { body, headers, event } of target.log) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(event);
      expect(headers["webhook-id"]).toBe(event.id);
      expect(headers["content-type"]).toMatch(/^application\/json/);
      outboundEventSchema.parse(event);
    }
    expect(target.log.map(({ event }) => [event.type, event.data.units, event.data.usage_remaining])).toEqual(
      [
        ["purchase.finalized", 1_000, 1_000],
        ["usage.consumed", 100, 900],
      ],
    );
    await eventually(async () =>
      expect((await hooks.listDeliveries()).map(({ state }) => state)).toEqual(["sent", "sent"]),
    );
  });

  it("reserved and released units reach the endpoints that subscribe to them, and no other", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const [subscribed, others] = [await receiver(), await receiver()];
    await hooks.create(subscribed.url, ["usage.reserved", "usage.released", "usage.consumed"]);
    await hooks.create(others.url, ["purchase.finalized"]);
    await buy(world, "user_1");
    await eventually(() => expect(others.log).toHaveLength(1));
    const post = async (path: string, body: object, key: string) => {
      const reply = await world.api.post(
        `/v1/usage/${path}`,
        { subject_ref: "user_1", ...body },
        { "Idempotency-Key": key },
      );
      expect(reply.status).toBeLessThan(300);
      return reply.body["reservation_id"];
    };
    const settled = await post("reserve", { units: 75 }, "job-1");
    await post("settle", { reservation_id: settled, units: 40 }, "job-1");
    const released = await post("reserve", { units: 20 }, "job-2");
    await post("release", { reservation_id: released }, "job-2");
    const ends = await post("reserve", { units: 5, expires_in_seconds: 60 }, "job-3");
    await eventually(() => expect(subscribed.log).toHaveLength(6));
    await advanceClock(world.origin, 61);
    await eventually(() => expect(subscribed.log).toHaveLength(7));
    const sent = subscribed.log.map(({ event: { type, data } }) => [
      type,
      data.reservation_id,
      data.units,
      data.usage_remaining,
    ]);
    expect(sent.toSorted()).toEqual(
      [
        ["usage.reserved", settled, 75, 925],
        ["usage.consumed", settled, 40, 960],
        ["usage.released", settled, 35, 960],
        ["usage.reserved", released, 20, 940],
        ["usage.released", released, 20, 960],
        ["usage.reserved", ends, 5, 955],
        ["usage.released", ends, 5, 960],
      ].toSorted(),
    );
    for (const { event } of subscribed.log) outboundEventSchema.parse(event);
    expect(others.log.map(({ event }) => event.type)).toEqual(["purchase.finalized"]);
  });

  it("a delivery has both signatures during a secret rotation and only the new one after it", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver();
    const { endpointId, secret } = await hooks.create(target.url);
    const rotated = await hooks.rotate(endpointId, 60_000);
    expect(rotated.outcome).toBe("done");
    expect(await hooks.run(revealSecret, { endpointId })).toEqual({
      outcome: "done",
      secret: rotated.secret,
    });
    await hooks.run(sendTestEvent, { endpointId });
    await eventually(() => expect(target.log).toHaveLength(1));
    const during = target.log[0];
    for (const one of [secret, rotated.secret])
      expect(new Webhook(one).verify(during?.body ?? "", during?.headers ?? {})).toMatchObject({
        type: "endpoint.test",
      });
    await hooks.rotate(endpointId, 0);
    const { secret: newest } = await hooks.done(revealSecret, { endpointId });
    await hooks.run(sendTestEvent, { endpointId });
    await eventually(() => expect(target.log).toHaveLength(2));
    const after = target.log[1];
    expect(() => new Webhook(newest).verify(after?.body ?? "", after?.headers ?? {})).not.toThrow();
    expect(() => new Webhook(rotated.secret).verify(after?.body ?? "", after?.headers ?? {})).toThrow();
  });

  it("an endpoint with an address that is not public is refused when it is saved", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    await expect(hooks.create("https://10.0.0.1/")).rejects.toThrow("not an IP address");
    await expect(hooks.create("https://intranet/")).rejects.toThrow("full domain name");
  });
});

describe("delivery to a failing receiver", () => {
  const cases: [
    what: string,
    respond: typeof respondOk,
    error: DeliveryAttemptError,
    status: number | null,
  ][] = [
    ["answers 500", respondWith(500, {}, "broken"), "http", 500],
    ["answers 10 MB of error", respondWith(503, {}, "x".repeat(10_000_000)), "http", 503],
    ["redirects", respondWith(302, { location: "https://example.com/" }), "redirect", 302],
    [
      "redirects to a private address",
      respondWith(307, { location: "http://169.254.169.254/" }),
      "redirect",
      307,
    ],
    ["resets the connection", (_, __, raw) => void raw.socket.resetAndDestroy(), "refused", null],
    ["answers no HTTP", (_, __, raw) => void raw.socket.end("garbage\r\n\r\n"), "refused", null],
  ];

  it.each(cases)("a delivery is retried when the receiver %s", async (_, respond, error, status) => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver(respond);
    await hooks.create(target.url);
    await buy(world, "user_1");
    await eventually(async () => expect((await hooks.readOnlyDelivery()).state).toBe("failed"));
    const { deliveryId } = await hooks.readOnlyDelivery();
    const first = await hooks.readDelivery(deliveryId);
    expect(first.attempts).toMatchObject([{ number: 1, error, httpStatus: status }]);
    expect((first.attempts[0]?.excerpt ?? "").length).toBeLessThanOrEqual(2_048);
    target.respond = respondOk;
    await advanceClock(world.origin, maxPause(5));
    await eventually(async () => expect((await hooks.readOnlyDelivery()).state).toBe("sent"));
    expect(target.log.map(({ event }) => event.id)).toEqual(Array(2).fill(first.delivery.eventId));
    expect(target.log.map(({ headers }) => headers["licenzy-attempt"])).toEqual(["1", "2"]);
  });

  it("a delivery times out after 10 s when a receiver hangs, without delaying other endpoints", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const hanging = await receiver(() => {});
    const dripping = await receiver((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 100);
      response.on("close", () => clearInterval(timer));
    });
    const good = await receiver();
    const slow = await hooks.create(hanging.url, ["purchase.finalized"]);
    const drip = await hooks.create(dripping.url, ["subscription.deleted"]);
    const fine = await hooks.create(good.url, ["subscription.deleted"]);
    for (let number = 0; number < 6; number++) await buy(world, "user_1");
    await eventually(() => expect(hanging.log).toHaveLength(4));
    const startedAt = Date.now();
    for (const { endpointId } of [drip, fine]) await hooks.run(sendTestEvent, { endpointId });
    await eventually(() => expect(good.log).toHaveLength(1));
    expect(Date.now() - startedAt).toBeLessThan(2_000);
    // The 2xx status has arrived, so its unfinished body does not matter.
    await eventually(async () =>
      expect(await hooks.readOnlyDelivery({ endpointId: drip.endpointId })).toMatchObject({
        state: "sent",
        lastStatus: 200,
      }),
    );
    // At most four attempts run at once until they time out.
    expect(hanging.log).toHaveLength(4);
    await eventually(async () => {
      const failed = await hooks.listDeliveries({ endpointId: slow.endpointId, states: ["failed"] });
      expect(failed.length).toBeGreaterThanOrEqual(4);
      expect(failed.every(({ lastError }) => lastError === "timeout")).toBe(true);
      const [first] = (await hooks.readDelivery(failed.at(-1)?.deliveryId ?? "")).attempts;
      expect(first?.durationMs).toBeGreaterThanOrEqual(9_500);
      expect(first?.durationMs).toBeLessThan(12_000);
    }, 20_000);
  }, 40_000);

  it("a delivery waits as long as Retry-After requests, up to a day", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver(respondWith(429, { "retry-after": "86400" }));
    await hooks.create(target.url);
    await buy(world, "user_1");
    await eventually(async () => expect((await hooks.readOnlyDelivery()).state).toBe("failed"));
    const { nextAttemptAt, updatedAt } = await hooks.readOnlyDelivery();
    expect(Math.abs((nextAttemptAt ?? 0) - updatedAt - day * 1_000)).toBeLessThan(2_000);
    target.respond = respondOk;
    await advanceClock(world.origin, day - hour);
    expect(target.log).toHaveLength(1);
    await advanceClock(world.origin, hour + 5);
    await eventually(async () => expect((await hooks.readOnlyDelivery()).state).toBe("sent"));
  });

  it("an endpoint is disabled when it answers 410 and gets its deliveries when enabled again", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver(respondWith(410));
    const { endpointId } = await hooks.create(target.url);
    await buy(world, "user_1");
    await eventually(async () =>
      expect(await hooks.readEndpoint(endpointId)).toMatchObject({ isEnabled: false, disableReason: "gone" }),
    );
    await buy(world, "user_1");
    await eventually(async () => expect(await hooks.listDeliveries()).toHaveLength(2));
    await advanceClock(world.origin, 60);
    expect(target.log).toHaveLength(1);
    target.respond = respondOk;
    await hooks.run(enableEndpoint, { endpointId, waiting: "send" });
    await eventually(async () =>
      expect((await hooks.listDeliveries()).map(({ state }) => state)).toEqual(["sent", "sent"]),
    );
  });
});

describe("delivery with an advanced clock", () => {
  it("a delivery makes 10 scheduled attempts with one event ID, then is dead until requeued", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver(respondWith(500));
    await hooks.create(target.url);
    await buy(world, "user_1");
    const pauses = [5, 60, 300, 1_800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 24 * hour];
    for (const [index, pause] of pauses.entries()) {
      await eventually(() => expect(target.log).toHaveLength(index + 1));
      await eventually(async () => expect((await hooks.readOnlyDelivery()).state).toBe("failed"));
      const { nextAttemptAt, updatedAt } = await hooks.readOnlyDelivery();
      const planned = ((nextAttemptAt ?? 0) - updatedAt) / 1_000;
      expect(planned).toBeGreaterThanOrEqual(pause * 0.8 - 0.5);
      expect(planned).toBeLessThanOrEqual(pause * 1.2 + 0.5);
      // The attempt is not made early: half of the pause triggers nothing.
      if (pause >= 300) {
        await advanceClock(world.origin, pause * 0.5);
        expect(target.log).toHaveLength(index + 1);
      }
      await advanceClock(world.origin, maxPause(pause));
    }
    await eventually(async () => expect((await hooks.readOnlyDelivery()).state).toBe("dead"));
    expect(target.log).toHaveLength(10);
    expect(new Set(target.log.map(({ event }) => event.id)).size).toBe(1);
    await advanceClock(world.origin, 2 * day);
    expect(target.log).toHaveLength(10);

    const { deliveryId } = await hooks.readOnlyDelivery();
    target.respond = respondOk;
    expect(await hooks.run(requeueDelivery, { deliveryId })).toEqual({ outcome: "done" });
    await eventually(async () =>
      expect(await hooks.readOnlyDelivery()).toMatchObject({ state: "sent", attempts: 11 }),
    );
    const { attempts } = await hooks.readDelivery(deliveryId);
    expect(attempts.map(({ kind }) => kind)).toEqual([...Array(10).fill("scheduled"), "manual"]);
    expect(await hooks.run(resendDelivery, { deliveryId })).toEqual({ outcome: "done" });
    await eventually(() => expect(target.log).toHaveLength(12));
    expect(new Set(target.log.map(({ event }) => event.id)).size).toBe(1);
  }, 60_000);

  it("a replay sends exactly the missed events when an endpoint was disabled for a week", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver();
    const types = ["purchase.finalized", "entitlement.updated"] as const;
    const { endpointId } = await hooks.create(target.url, [...types]);
    await buy(world, "user_before");
    await eventually(() => expect(target.log).toHaveLength(1));
    const before = target.log[0]?.event;
    await advanceClock(world.origin, 10);
    await hooks.run(disableEndpoint, { endpointId });
    const since = Date.parse(before?.timestamp ?? "") + 5_000;
    for (const subject of ["user_1", "user_2", "user_3"]) {
      await buy(world, subject);
      await buy(world, subject, "DAY_PASS");
      await advanceClock(world.origin, 2 * day);
    }
    await eventually(async () => expect((await hooks.listDeliveries()).length).toBe(10));
    expect(target.log).toHaveLength(1);
    await hooks.run(enableEndpoint, { endpointId, waiting: "drop" });
    const dropped = await hooks.listDeliveries({ states: ["dead"] });
    expect(dropped).toHaveLength(9);
    const started = await hooks.done(replayEvents, {
      jobId: newId("job"),
      endpointId,
      since,
    });
    expect(started.total).toBe(9);
    await eventually(() => expect(target.log).toHaveLength(10));
    expect(new Set(target.log.slice(1).map(({ event }) => event.id))).toEqual(
      new Set(dropped.map(({ eventId }) => eventId)),
    );
    expect(
      target.log
        .slice(1)
        .map(({ event }) => event.type)
        .toSorted(),
    ).toEqual([...Array(3).fill("entitlement.updated"), ...Array(6).fill("purchase.finalized")]);
    await eventually(async () =>
      expect(await hooks.job(started.jobId)).toMatchObject({ status: "finished", done: 9 }),
    );
    await eventually(async () =>
      expect((await hooks.listDeliveries()).every(({ state }) => state === "sent")).toBe(true),
    );
  }, 60_000);

  it("a replay restores removed events from the ledger with their IDs, unsubscribed usage too", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver();
    await hooks.create(target.url, ["purchase.finalized"]);
    const since = await readStackTime(world.origin);
    await buy(world, "user_1");
    await buy(world, "user_2");
    await eventually(() => expect(target.log).toHaveLength(2));
    for (const key of ["k1", "k2"]) await world.api.consume("user_1", 10, key);
    // Flushed before an endpoint subscribes, so that only the ledger has these events.
    await eventually(async () => {
      const report = (await (await fetch(`${world.origin}/__dev/verify`)).json()) as { unflushed: number };
      expect(report.unflushed).toBe(0);
    });
    await advanceClock(world.origin, 31 * day);
    expect(await hooks.listDeliveries()).toEqual([]);

    const late = await receiver();
    const { endpointId } = await hooks.create(late.url, ["purchase.finalized", "usage.consumed"]);
    const { jobId } = await hooks.done(replayEvents, {
      jobId: newId("job"),
      endpointId,
      since: since - 1_000,
    });
    await eventually(() => expect(late.log).toHaveLength(4));
    const ids = (log: typeof late.log, type: string) =>
      log.flatMap(({ event }) => (event.type === type ? [event.id] : [])).toSorted();
    expect(ids(late.log, "purchase.finalized")).toEqual(ids(target.log, "purchase.finalized"));
    expect(ids(late.log, "usage.consumed")).toHaveLength(2);
    await eventually(async () =>
      expect(await hooks.job(jobId)).toMatchObject({ status: "finished", done: 4, total: 4 }),
    );
    expect(target.log).toHaveLength(2);
  }, 90_000);

  it("a bulk requeue delivers every dead delivery", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const target = await receiver(respondWith(500));
    const { endpointId } = await hooks.create(target.url);
    for (let number = 0; number < 5; number++) await buy(world, "user_1");
    await eventually(async () => expect(await hooks.listDeliveries({ states: ["failed"] })).toHaveLength(5));
    // The breaker now allows one attempt at a time, so this takes more steps than the schedule has.
    for (let step = 0; step < 60; step++) {
      if ((await hooks.listDeliveries({ states: ["dead"] })).length === 5) break;
      await advanceClock(world.origin, 29 * hour);
      await hooks.run(enableEndpoint, { endpointId, waiting: "send" });
    }
    expect(await hooks.listDeliveries({ states: ["dead"] })).toHaveLength(5);
    // The last attempts can disable the endpoint after the last step enabled it.
    await hooks.run(enableEndpoint, { endpointId, waiting: "send" });
    target.respond = respondOk;
    expect(await hooks.listDeliveries({ endpointId, states: ["failed", "dead"] })).toHaveLength(5);
    const { total } = await hooks.done(requeueMany, {
      jobId: newId("job"),
      filter: { endpointId, states: ["dead"] },
    });
    expect(total).toBe(5);
    await eventually(async () => expect(await hooks.listDeliveries({ states: ["sent"] })).toHaveLength(5));
  }, 150_000);
});

describe("sample receiver", () => {
  it("the sample receiver verifies, deduplicates and drops outdated events, and shows its log", async () => {
    const world = await newWorld();
    const hooks = WebhookOperations.forWorld(world);
    const name = `sample-${world.projectId.slice(-8)}`;
    const url = `${world.origin}/receiver/${name}`;
    const post = (part: string, body: object) =>
      fetch(`${url}/${part}`, { method: "POST", body: JSON.stringify(body) });
    const { endpointId, secret } = await hooks.create(url, ["purchase.finalized"]);
    await hooks.run(sendTestEvent, { endpointId });
    const verdicts = async () =>
      ((await (await fetch(`${url}/log`)).json()) as { verdict: string }[]).map(({ verdict }) => verdict);
    await eventually(async () => expect(await verdicts()).toEqual(["unverified"]));
    expect((await post("secret", { secret })).status).toBe(200);

    await post("answer", { status: 500, times: 1 });
    await buy(world, "user_1");
    await eventually(async () => expect(await verdicts()).toEqual(["failed", "unverified"]));
    await buy(world, "user_1");
    await eventually(async () => expect(await verdicts()).toEqual(["applied", "failed", "unverified"]));
    // The first purchase is retried after the second one. It is valid, but older than the known state.
    await advanceClock(world.origin, maxPause(5));
    await eventually(async () =>
      expect((await verdicts()).filter((one) => one === "superseded")).toHaveLength(1),
    );
    const [latest] = await hooks.listDeliveries({ eventType: "purchase.finalized" });
    await hooks.run(resendDelivery, { deliveryId: latest?.deliveryId ?? "" });
    await eventually(async () => expect((await verdicts())[0]).toBe("duplicate"));
    const page = await fetch(url);
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await page.text()).toContain("superseded");
    const foreign = await fetch(`${url}/answer`, {
      method: "POST",
      headers: { origin: "https://evil.example" },
      body: "{}",
    });
    expect(foreign.status).toBe(403);
    expect((await post("answer", { status: 99 })).status).toBe(400);
  });
});
