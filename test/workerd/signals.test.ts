import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type OutboundEvent, outboundEventSchema } from "../../shared/contract/outbound-event.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../shared/kit/decision-id.ts";
import { eventually } from "../eventually.ts";
import { newEndpoint, now } from "./endpoints.ts";
import { rowsTouched } from "./rows-touched.ts";
import { buildConsume, buildPack, buildPass, buildPurchase, env, newSubject } from "./subjects.ts";

const signalTypes = ["access.gained" as const, "access.lost" as const];

async function eventsOf({ projectId }: { projectId: string }): Promise<OutboundEvent[]> {
  const { results } = await env.DB.prepare(
    "SELECT body FROM events WHERE project_id = ? ORDER BY occurred_at, sequence",
  )
    .bind(projectId)
    .all<{ body: string }>();
  return results.map(({ body }) => outboundEventSchema.parse(JSON.parse(body)));
}

const signalsOf = async (identity: { projectId: string }) =>
  (await eventsOf(identity)).filter(({ type }) => type.startsWith("access."));

/** A subject with an endpoint of its project that subscribes to signals. */
async function subscribed() {
  const customer = newSubject();
  const { projectId } = customer.identity;
  const { endpointId } = await newEndpoint({ projectId, mode: "test" }, signalTypes);
  return { ...customer, endpointId };
}

const flushed = async ({ stub }: ReturnType<typeof newSubject>) => {
  await stub.wake();
  await eventually(async () => expect((await stub.verify()).unflushed).toBe(0));
};

const stored = ({ stub }: ReturnType<typeof newSubject>) =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ event: string }>("SELECT event FROM outbound")
      .toArray()
      .map(({ event }) => (JSON.parse(event) as { type: string }).type),
  );

describe("signals of access", () => {
  it("a purchase gains access, the last unit loses it, and both name their decision", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("one", buildPack(2), await now()));
    await stub.consume(identity, buildConsume(1, "a"));
    await stub.consume(identity, buildConsume(1, "b"));
    await flushed(customer);
    const signals = await signalsOf(identity);
    expect(signals).toMatchObject([
      { type: "access.gained", data: { sequence: 1, product_code: "CREDITS", usage_remaining: 2 } },
      { type: "access.lost", data: { sequence: 3, reason: "usage_exhausted", usage_remaining: 0 } },
    ]);
    const decisions = signals.map(({ data }) =>
      decodeDecisionId(subjectName(identity), data.decision_id ?? ""),
    );
    for (const [index, decision] of decisions.entries()) {
      if (decision === null) throw new Error("the decision id is malformed");
      const { sequence, at } = decision;
      expect(await stub.decisionAsOf({ sequence, at })).toMatchObject({ decision: { allowed: index === 0 } });
    }
  });

  it("access that ends by time is lost at that moment, however late the alarm, and once", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    const paidAt = await now();
    await stub.applyStripe(identity, buildPurchase("pass", buildPass(1), paidAt));
    await flushed(customer);
    await env.DEV.advance(3 * dayMs);
    await flushed(customer);
    await flushed(customer);
    const signals = await signalsOf(identity);
    expect(signals.map(({ type }) => type)).toEqual(signalTypes);
    expect(signals[1]).toMatchObject({
      timestamp: new Date(paidAt + dayMs).toISOString(),
      data: { reason: "time_pass_expired", source: "system", sequence: 1 },
    });
    expect(await stored(customer)).toEqual([]);
  });

  it("the alarm sends a change by time that no entry follows, such as the end of a grace period", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    const at = await now();
    await stub.applyStripe(identity, buildPurchase("first", buildPass(1), at));
    await stub.applyStripe(identity, buildPurchase("second", buildPass(1), at + 1));
    await flushed(customer);
    await env.DEV.advance(dayMs + 60_000);
    await flushed(customer);
    expect((await signalsOf(identity)).map(({ type }) => type)).toEqual(["access.gained"]);
    await env.DEV.advance(dayMs);
    await flushed(customer);
    expect((await signalsOf(identity)).map(({ type }) => type)).toEqual(signalTypes);
  });

  it("is a row of D1 only where an endpoint subscribes, and a delivery only there", async () => {
    const quiet = newSubject();
    await newEndpoint({ projectId: quiet.identity.projectId, mode: "test" }, ["purchase.finalized"]);
    await quiet.stub.applyStripe(quiet.identity, buildPurchase("quiet", buildPack(1), await now()));
    await flushed(quiet);
    expect((await eventsOf(quiet.identity)).map(({ type }) => type)).toEqual(["purchase.finalized"]);

    const loud = await subscribed();
    await loud.stub.applyStripe(loud.identity, buildPurchase("loud", buildPack(1), await now()));
    await flushed(loud);
    expect((await eventsOf(loud.identity)).map(({ type }) => type).toSorted()).toEqual([
      "access.gained",
      "purchase.finalized",
    ]);
    const { results } = await env.DB.prepare("SELECT event_type FROM deliveries WHERE endpoint_id = ?")
      .bind(loud.endpointId)
      .all();
    expect(results).toEqual([{ event_type: "access.gained" }]);
  });

  it("a replay rebuilds each signal as it was", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("again", buildPass(1), await now()));
    await flushed(customer);
    await env.DEV.advance(2 * dayMs);
    await flushed(customer);
    const before = await signalsOf(identity);
    expect(before).toHaveLength(2);
    await env.DB.prepare("DELETE FROM events WHERE project_id = ?").bind(identity.projectId).run();
    const request = { since: 0, eventTypes: [...signalTypes], writtenAt: await now() };
    expect(await stub.restoreEvents(request)).toBe(2);
    expect(await signalsOf(identity)).toEqual(before);
  });

  it("a consume that leaves units touches no row for signals", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("rows", buildPack(3), await now()));
    await stub.consume(identity, buildConsume(1, "a"));
    const usual = await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "b")));
    const last = await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "c")));
    expect(last.written).toBeGreaterThan(usual.written);
  });
});
