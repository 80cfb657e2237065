import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { generateApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { newId } from "../../shared/kit/ids.ts";
import { subjectTag } from "../../shared/kit/subject-tag.ts";
import { consumeDeliveries } from "../../workers/deliveries/consumers/deliveries.ts";
import { runLane } from "../../workers/deliveries/sending/lane.ts";
import { app } from "../../workers/runtime/app.ts";
import { keyringName } from "../../workers/runtime/keys/keyring.ts";
import { eventually } from "../eventually.ts";
import { insertCheckoutAttempt, newConnectedProject, receiveStripeEvent } from "./connected-project.ts";
import { deliveriesEnv, newEndpoint } from "./endpoints.ts";
import { activePlan, buildConsume, buildPack, buildPurchase, env, newSubject, restart } from "./subjects.ts";

type Line = Record<string, unknown> & { event: string };

const usualLevel = process.env["LOG_LEVEL"];
let written: string[] = [];

function listen(): void {
  process.env["LOG_LEVEL"] = "info";
  written = [];
  for (const method of ["info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((line: string) => void written.push(line));
}

afterEach(() => {
  vi.restoreAllMocks();
  process.env["LOG_LEVEL"] = usualLevel;
  process.env["LOG_SHARE"] = "1";
});

const linesOf = (event: string): Line[] =>
  written.map((line) => JSON.parse(line) as Line).filter((line) => line.event === event);

async function keyOf(projectId: string): Promise<{ apiKey: string; keyId: string }> {
  const apiKey = generateApiKey("test", "weur", projectId);
  const keyId = newId("key");
  const keyHash = parseApiKey(apiKey)?.hash ?? "";
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, "test")));
  await keyring.put([{ keyId, keyHash, expiresAt: null, revokedAt: null, version: 1 }], activePlan);
  return { apiKey, keyId };
}

const post = (apiKey: string, path: string, body: object, bindings = env) =>
  app.fetch(
    new Request(`http://runtime${path}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${apiKey}`,
        "Content-Type": "application/json",
        "Idempotency-Key": "order-1",
      },
      body: JSON.stringify(body),
    }),
    bindings,
  );

const subjectRef = "jane.doe@example.com";

describe("a share of the lines", () => {
  it("leaves out answered requests, and never one that is refused or fails", async () => {
    const { apiKey } = await keyOf(newId("prj"));
    listen();
    process.env["LOG_SHARE"] = "0";
    await post(apiKey, "/v1/access/check", { subject_ref: subjectRef });
    await post(apiKey, "/v1/usage/consume", { subject_ref: subjectRef, units: 4 });
    await post(apiKey, "/v1/access/check", { subject_ref: "" });
    const broken = { ...env, SUBJECT: undefined } as unknown as typeof env;
    await post(apiKey, "/v1/access/check", { subject_ref: subjectRef }, broken);
    expect(linesOf("request").map(({ status }) => status)).toEqual([409, 400, 503]);
  });
});

describe("metrics", () => {
  it("the runtime writes a metric for each request and one for its check or consume", async () => {
    const projectId = newId("prj");
    const { apiKey } = await keyOf(projectId);
    const points: (AnalyticsEngineDataPoint | undefined)[] = [];
    const METRICS = { writeDataPoint: (point?: AnalyticsEngineDataPoint) => void points.push(point) };
    const metered = { ...env, METRICS };
    await post(apiKey, "/v1/access/check", { subject_ref: subjectRef }, metered);
    await post(apiKey, "/v1/usage/consume", { subject_ref: subjectRef, units: 4 }, metered);
    expect(points.map((point) => point?.blobs)).toEqual([
      ["request", "test", "answered", "", "/v1/access/check"],
      ["check", "test", "denied", "no_entitlement"],
      ["request", "test", "refused", "insufficient_usage", "/v1/usage/consume"],
      ["consume", "test", "refused", "insufficient_usage"],
    ]);
    expect(points.every((point) => point?.indexes?.[0] === projectId)).toBe(true);
    expect(JSON.stringify(points)).not.toContain(subjectRef);
  });
});

describe("log lines", () => {
  it("log lines follow a purchase from event to delivery and contain no customer or secret", async () => {
    const project = await newConnectedProject();
    const { projectId } = project;
    const { endpointId, secret } = await newEndpoint({ projectId, mode: "test" });
    const { apiKey, keyId } = await keyOf(projectId);
    const metadata = await insertCheckoutAttempt(project, subjectRef);
    listen();

    const session = {
      id: `cs_${projectId}`,
      object: "checkout.session",
      mode: "payment",
      status: "complete",
      payment_status: "paid",
      payment_intent: `pi_${projectId}`,
      amount_total: 4_900,
      currency: "eur",
      customer_details: { email: subjectRef },
      metadata,
    };
    const row = await receiveStripeEvent(project, "checkout.session.completed", session);
    const [event] = linesOf("stripe_event");
    const tag = subjectTag(`${projectId}/test/${subjectRef}`);
    const place = { project_id: projectId, mode: "test", subject_tag: tag };
    expect(event).toMatchObject({
      ...place,
      stripe_event_id: row?.eventId,
      connection_id: project.connectionId,
      outcome: "applied",
      sequence: 1,
      tries: 1,
    });

    await eventually(() => expect(linesOf("flush").length).toBeGreaterThan(0));
    const [flush] = linesOf("flush");
    expect(flush).toMatchObject({ ...place, from_sequence: 1, sequence: 1 });
    expect(flush?.["counts"]).toMatchObject({ deliveries: 1 });

    const due = await env.DB.prepare(
      "SELECT delivery_id AS deliveryId, epoch FROM deliveries WHERE endpoint_id = ?",
    )
      .bind(endpointId)
      .first<{ deliveryId: string; epoch: number }>();
    const lanes: Promise<unknown>[] = [];
    const bindings = { ...deliveriesEnv, LANES: { resume: runLane.bind(null, deliveriesEnv) } };
    const message = { body: due, attempts: 1, ack() {}, retry() {} };
    await consumeDeliveries(
      { queue: "licenzy-deliveries", messages: [message] } as unknown as Parameters<
        typeof consumeDeliveries
      >[0],
      bindings as unknown as Parameters<typeof consumeDeliveries>[1],
      { waitUntil: (lane: Promise<unknown>) => lanes.push(lane) } as unknown as ExecutionContext,
    );
    await Promise.all(lanes);
    const [queued] = linesOf("queue_message");
    expect(queued).toMatchObject({ delivery_id: due?.deliveryId, outcome: "claimed", handed_out: 1 });
    const [attempt] = linesOf("delivery_attempt");
    expect(attempt).toMatchObject({
      ...place,
      delivery_id: due?.deliveryId,
      endpoint_id: endpointId,
      attempt: 1,
    });
    expect(attempt).toMatchObject({ sequence: 1, event_id: expect.stringMatching(/^evt_/) });

    expect((await post(apiKey, "/v1/access/check", { subject_ref: subjectRef })).status).toBe(200);
    const spent = await post(apiKey, "/v1/usage/consume", { subject_ref: subjectRef, units: 4 });
    await post(apiKey, "/v1/usage/consume", { subject_ref: subjectRef, units: 4 });
    const [check, first, again] = linesOf("request");
    const caller = { ...place, key_id: keyId, method: "POST", status: 200, outcome: "answered" };
    expect(check).toMatchObject({ ...caller, route: "/v1/access/check", allowed: true, sequence: 1 });
    expect(first).toMatchObject({ ...caller, units: 4, replayed: false, sequence: 2 });
    expect(first).toMatchObject({
      request_id: spent.headers.get("Request-Id"),
      decision_id: spent.headers.get("Licenzy-Decision"),
    });
    expect(again).toMatchObject({ units: 4, replayed: true, sequence: 2 });

    const all = written.join("\n");
    for (const hidden of [subjectRef, apiKey, secret, "sk_test_1", "order-1"])
      expect(all).not.toContain(hidden);
  });

  it("a request line states why a request was refused and omits an invalid key", async () => {
    const { apiKey } = await keyOf(newId("prj"));
    listen();
    await post(apiKey, "/v1/usage/consume", { subject_ref: subjectRef, units: 4 });
    await post("lz_test_junk", "/v1/access/check", { subject_ref: subjectRef });
    const [poor, stranger] = linesOf("request");
    expect(poor).toMatchObject({ status: 409, outcome: "refused", code: "insufficient_usage", sequence: 0 });
    expect(stranger).toMatchObject({ status: 401, outcome: "refused", code: "invalid_api_key" });
    expect(stranger).not.toHaveProperty("key_id");
    expect(written.join("\n")).not.toContain("lz_test_junk");
  });

  it("log lines are not written when they are below the configured level", async () => {
    const { apiKey } = await keyOf(newId("prj"));
    listen();
    process.env["LOG_LEVEL"] = "warn";
    expect((await post(apiKey, "/v1/access/check", { subject_ref: subjectRef })).status).toBe(200);
    expect(written).toEqual([]);
  });
});

describe("flush line", () => {
  it("a flush line reports how long its entry waited when the object was restarted", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("late-flush", buildPack(10), Date.now()));
    await stub.wake();
    await stub.consume(identity, buildConsume(1, "k"));
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAlarm());
    await env.DEV.advance(60_000);
    await restart(stub);
    listen();
    await env.SUBJECT.get(stub.id).check();
    const tag = subjectTag(`${identity.projectId}/test/${identity.subjectRef}`);
    const flushes = () => linesOf("flush").filter((line) => line["subject_tag"] === tag);
    await eventually(() => expect(flushes()).toHaveLength(1));
    expect(flushes()[0]?.["lag_ms"]).toBeGreaterThanOrEqual(60_000);
  });
});
