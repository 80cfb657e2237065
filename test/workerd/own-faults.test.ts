import { afterEach, describe, expect, it, vi } from "vitest";
import { readEndpoint } from "../../shared/db/endpoints.ts";
import { listDeliveries, listDueDeliveries } from "../../workers/deliveries/db/deliveries.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { claimForAttempt, runLane } from "../../workers/deliveries/sending/lane.ts";
import { readOverview } from "../../workers/portal/db/overview.ts";
import { processStripeEvent } from "../../workers/runtime/stripe-events/process-event.ts";
import { newConnectedProject, readInboxRow, receiveStripeEvent } from "./connected-project.ts";
import { databases } from "./databases.ts";
import { deliveriesEnv, insertDueEvents, newEndpoint, newScope, now } from "./endpoints.ts";
import { env } from "./subjects.ts";

const { DB, DEV } = env;
const minute = 60_000;
const hour = 60 * minute;

const wrongKeys = JSON.stringify({ current: "test", keys: { test: btoa("x".repeat(32)) } });

afterEach(() => vi.restoreAllMocks());

/** Answers every request of a lane with 200, and counts them. */
function receiver() {
  return vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok"));
}

/** One minute's sweep of an endpoint: a lane for each delivery that is due. */
async function sweep(withEnv: DeliveriesEnv, endpointId: string): Promise<void> {
  for (const message of await listDueDeliveries(DB, await now(), 100, endpointId)) {
    const claimed = await claimForAttempt(withEnv, message);
    if (claimed !== null) await runLane(withEnv, claimed);
  }
}

async function newDueDeliveries(count: number) {
  const scope = newScope();
  const { endpointId } = await newEndpoint(scope);
  await insertDueEvents(scope, count);
  return { scope, endpointId };
}

const page = { after: null, limit: 100 };

describe("a fault of the installation", () => {
  it.each([
    ["the wrapping key is wrong", { WEBHOOK_WRAPPING_KEYS: wrongKeys }, /does not open/],
    ["the wrapping key is missing", { WEBHOOK_WRAPPING_KEYS: undefined }, /are not set/],
    ["PUBLIC_ORIGIN is no URL", { PUBLIC_ORIGIN: "licenzy" }, /PUBLIC_ORIGIN/],
  ])("no delivery is dead and no attempt is counted when %s for a day", async (_, change, fault) => {
    const sent = receiver();
    const { scope, endpointId } = await newDueDeliveries(12);
    const broken = { ...deliveriesEnv, ...change } as unknown as DeliveriesEnv;
    const since = await now();
    for (let passed = 0; passed < 24 * hour; passed += hour) {
      await sweep(broken, endpointId);
      await DEV.advance(hour);
    }
    const waiting = await listDeliveries(DB, scope, {}, page);
    expect(waiting).toHaveLength(12);
    for (const delivery of waiting)
      expect(delivery).toMatchObject({ state: "pending", attempts: 0, attemptsInRun: 0, leaseUntil: null });
    const attempts = await DB.prepare(
      `SELECT count(*) AS count FROM delivery_attempts JOIN deliveries USING (delivery_id) WHERE endpoint_id = ?`,
    )
      .bind(endpointId)
      .first<number>("count");
    expect(attempts).toBe(0);
    expect(await readEndpoint(DB, scope, endpointId)).toMatchObject({
      isEnabled: true,
      consecutiveFailures: 0,
      failingSince: null,
    });
    const { ownFault } = (await readOverview(databases, scope, { now: await now(), ranges: [] })).troubles;
    expect(ownFault).toMatchObject({ endpoints: 1, fault: expect.stringMatching(fault) });
    expect(ownFault?.since).toBeLessThan(since + minute);
    expect(sent).not.toHaveBeenCalled();

    await sweep(deliveriesEnv, endpointId);
    expect(sent).toHaveBeenCalledTimes(12);
    const states = (await listDeliveries(DB, scope, {}, page)).map(({ state, attempts: made }) => [
      state,
      made,
    ]);
    expect(states).toEqual(Array(12).fill(["sent", 1]));
    expect(
      (await readOverview(databases, scope, { now: await now(), ranges: [] })).troubles.ownFault,
    ).toBeNull();
  });

  it.each([
    ["refuses the request", () => Promise.reject(new TypeError("connection refused")), /connection refused/],
    ["times out", () => Promise.reject(new DOMException("timed out", "TimeoutError")), /timed out/],
    ["returns 503", async () => new Response("", { status: 503 }), /HTTP 503/],
    ["returns no JSON", async () => new Response("<html>"), /did not answer/],
  ])(
    "no delivery is dead and no attempt is counted when the DNS resolver %s for a day",
    async (_, answer, fault) => {
      const { scope, endpointId } = await newDueDeliveries(3);
      await DB.prepare("UPDATE endpoints SET url = 'https://hooks.example.com/in' WHERE endpoint_id = ?")
        .bind(endpointId)
        .run();
      let resolve: () => Promise<Response> = answer;
      let received = 0;
      vi.spyOn(globalThis, "fetch").mockImplementation(async (target) => {
        if (String(target).startsWith("https://cloudflare-dns.com/")) return resolve();
        received++;
        return new Response("ok");
      });
      for (let passed = 0; passed < 24 * hour; passed += hour) {
        await sweep(deliveriesEnv, endpointId);
        await DEV.advance(hour);
      }
      for (const delivery of await listDeliveries(DB, scope, {}, page))
        expect(delivery).toMatchObject({ state: "pending", attempts: 0, attemptsInRun: 0, leaseUntil: null });
      const { ownFault } = (await readOverview(databases, scope, { now: await now(), ranges: [] })).troubles;
      expect(ownFault).toMatchObject({ endpoints: 1, fault: expect.stringMatching(fault) });
      expect(received).toBe(0);
      resolve = async () => Response.json({ Status: 0, Answer: [{ type: 1, data: "93.184.215.14" }] });
      await sweep(deliveriesEnv, endpointId);
      expect(received).toBe(3);
    },
  );

  it("a webhook endpoint with name servers that fail uses up its attempts", async () => {
    const { scope, endpointId } = await newDueDeliveries(1);
    await DB.prepare("UPDATE endpoints SET url = 'https://hooks.example.com/in' WHERE endpoint_id = ?")
      .bind(endpointId)
      .run();
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ Status: 2 }));
    await sweep(deliveriesEnv, endpointId);
    const [delivery] = await listDeliveries(DB, scope, {}, page);
    expect(delivery).toMatchObject({ state: "failed", attempts: 1, lastError: "dns" });
  });

  it("one delivery at a time probes an endpoint while the fault lasts", async () => {
    const { endpointId } = await newDueDeliveries(8);
    const broken = { ...deliveriesEnv, WEBHOOK_WRAPPING_KEYS: wrongKeys };
    await sweep(broken, endpointId);
    expect(await listDueDeliveries(DB, await now(), 100, endpointId), "paused").toEqual([]);
    await DEV.advance(minute + 1_000);
    expect(await listDueDeliveries(DB, await now(), 100, endpointId)).toHaveLength(1);
  });

  it("a Stripe event keeps its schedule while the wrapping key is wrong for a day", async () => {
    const project = await newConnectedProject();
    const broken = { ...env, STRIPE_WRAPPING_KEYS: wrongKeys };
    await DEV.setStripeAnswers([{ path: "/v1/", status: 503, body: { error: { message: "down" } } }]);
    const charge = { id: "ch_fault", object: "charge", refunded: true, payment_intent: "pi_fault" };
    const { eventId } = (await receiveStripeEvent(project, "charge.refunded", charge)) ?? { eventId: "" };
    expect((await readInboxRow(project, eventId))?.tries).toBe(1);
    const key = { connectionId: project.connectionId, eventId, projectId: project.projectId };
    for (let passed = 0; passed < 24 * hour; passed += hour / 2) {
      await DEV.advance(hour / 2);
      await processStripeEvent(broken, key);
    }
    expect(await readInboxRow(project, eventId)).toMatchObject({
      status: "received",
      tries: 1,
      detail: expect.stringContaining("does not open with the wrapping keys"),
    });
    const empty = { object: "list", data: [], has_more: false };
    // A payment that Licenzy did not create.
    await DEV.setStripeAnswers([
      { path: "/v1/refunds", status: 200, body: empty },
      { path: "/v1/invoice_payments", status: 200, body: empty },
      { path: "/v1/payment_intents", status: 200, body: { id: "pi_fault", metadata: {} } },
    ]);
    await DEV.advance(minute);
    await processStripeEvent(env, key);
    expect(await readInboxRow(project, eventId)).toMatchObject({ status: "ignored", tries: 2 });
  });
});
