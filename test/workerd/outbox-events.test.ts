import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { disableEndpoint } from "../../shared/contract/operations/endpoints.ts";
import { type OutboundEvent, outboundEventSchema } from "../../shared/contract/outbound-event.ts";
import { listDueDeliveries } from "../../workers/deliveries/db/deliveries.ts";
import { eventually } from "../eventually.ts";
import { act, newEndpoint, now } from "./endpoints.ts";
import { buildConsume, buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

const scopeOf = ({ projectId }: { projectId: string }) => ({ projectId, mode: "test" as const });

async function eventsOf({ projectId }: { projectId: string }): Promise<OutboundEvent[]> {
  const { results } = await env.DB.prepare("SELECT body FROM events WHERE project_id = ? ORDER BY event_id")
    .bind(projectId)
    .all<{ body: string }>();
  return results.map(({ body }) => outboundEventSchema.parse(JSON.parse(body)));
}

async function countDeliveries(endpointId: string): Promise<number | undefined> {
  const row = await env.DB.prepare("SELECT count(*) AS count FROM deliveries WHERE endpoint_id = ?")
    .bind(endpointId)
    .first<{ count: number }>();
  return row?.count;
}

const flushed = async (stub: ReturnType<typeof newSubject>["stub"]) => {
  await stub.wake();
  await eventually(async () => expect((await stub.verify()).unflushed).toBe(0));
};

/** Counts how often a flush, right after one more consume, reads the ledger's entries. */
async function ledgerReadsOfFlush({ identity, stub }: ReturnType<typeof newSubject>): Promise<number> {
  return runInDurableObject(stub, async (subject, { storage }) => {
    const { sql } = storage;
    await subject.consume(identity, buildConsume(1, crypto.randomUUID()));
    const [{ unflushed } = { unflushed: 0 }] = sql
      .exec<{ unflushed: number }>(
        "SELECT (SELECT max(sequence) FROM ledger) - flushed_sequence AS unflushed FROM subject",
      )
      .toArray();
    expect(unflushed).toBeGreaterThan(0);
    const exec = sql.exec.bind(sql);
    let reads = 0;
    const spy = vi.spyOn(sql, "exec").mockImplementation((query, ...values) => {
      if (/FROM ledger WHERE sequence > /.test(query)) reads++;
      return exec(query, ...values);
    });
    await subject.wake();
    spy.mockRestore();
    return reads;
  });
}

describe("outbox events", () => {
  it("the outbox writes an event and one delivery for each subscribed endpoint, enabled or not", async () => {
    const { identity, stub } = newSubject();
    const subscribed = await newEndpoint(scopeOf(identity));
    const disabled = await newEndpoint(scopeOf(identity));
    const other = await newEndpoint(scopeOf(identity), ["subscription.updated"]);
    await act(disableEndpoint, scopeOf(identity), { endpointId: disabled.endpointId }, await now());
    await stub.applyStripe(identity, buildPurchase("bought", buildPack(10), await now()));
    await flushed(stub);
    const events = await eventsOf(identity);
    expect(events).toMatchObject([
      { type: "purchase.finalized", data: { subject_ref: "user_1", sequence: 1 } },
    ]);
    expect(await countDeliveries(subscribed.endpointId)).toBe(1);
    expect(await countDeliveries(disabled.endpointId)).toBe(1);
    expect(await countDeliveries(other.endpointId)).toBe(0);
  });

  it("the outbox writes the same rows when a flush is repeated after a crash", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity), ["purchase.finalized", "usage.consumed"]);
    await stub.applyStripe(identity, buildPurchase("repeated", buildPack(10), await now()));
    await stub.consume(identity, buildConsume(3, "k1"));
    const kept = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("SELECT event_id, sequence, event FROM outbound").toArray(),
    );
    await flushed(stub);
    const before = await eventsOf(identity);
    expect(before.map(({ type }) => type)).toEqual(["purchase.finalized", "usage.consumed"]);
    // The state that a crash leaves after D1 took the rows.
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE subject SET flushed_sequence = 0");
      for (const row of kept)
        storage.sql.exec(
          "INSERT OR IGNORE INTO outbound VALUES (?, ?, ?)",
          row["event_id"] ?? "",
          row["sequence"] ?? 0,
          row["event"] ?? "",
        );
    });
    await flushed(stub);
    expect(await eventsOf(identity)).toEqual(before);
    expect(await countDeliveries(endpointId)).toBe(2);
    expect((await stub.verify()).ok).toBe(true);
  });

  it("the outbox emits usage events only when an enabled endpoint subscribes to them", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity), ["usage.consumed"]);
    await act(disableEndpoint, scopeOf(identity), { endpointId }, await now());
    await stub.applyStripe(identity, buildPurchase("quiet", buildPack(100), await now()));
    await flushed(stub);
    for (let call = 0; call < 20; call++) await stub.consume(identity, buildConsume(1, `quiet${call}`));
    expect(await ledgerReadsOfFlush({ identity, stub })).toBe(0);
    expect((await eventsOf(identity)).map(({ type }) => type)).toEqual(["purchase.finalized"]);

    const subscribed = await newEndpoint(scopeOf(identity), ["usage.consumed"]);
    for (let call = 0; call < 60; call++) await stub.consume(identity, buildConsume(1, `heard${call}`));
    // A refused consume emits no event.
    expect((await stub.consume(identity, buildConsume(1_000, "too much"))).outcome).toBe(
      "insufficient_usage",
    );
    expect(await ledgerReadsOfFlush({ identity, stub })).toBeGreaterThan(0);
    await flushed(stub);
    const usageEvents = (await eventsOf(identity)).filter(({ type }) => type === "usage.consumed");
    expect(usageEvents).toHaveLength(61);
    expect(new Set(usageEvents.map(({ data }) => data.sequence)).size).toBe(61);
    expect(await countDeliveries(subscribed.endpointId)).toBe(61);
    expect(await countDeliveries(endpointId)).toBe(61);
  });

  it("the outbox leaves a delivery due for the sweep when the queue is down", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity));
    const sendBatchSpy = await runInDurableObject(stub, (subject) => {
      const outbox = Reflect.get(subject, "outbox") as object;
      const sendBatch = vi.fn(() => Promise.reject(new Error("the queue is down")));
      Reflect.set(outbox, "queue", { sendBatch });
      return sendBatch;
    });
    await stub.applyStripe(identity, buildPurchase("unqueued", buildPack(10), await now()));
    await flushed(stub);
    expect(sendBatchSpy).toHaveBeenCalledOnce();
    expect(await listDueDeliveries(env.DB, await now(), 100, endpointId)).toHaveLength(1);
  });

  it("the outbox writes more events than one statement can hold", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity));
    const at = await now();
    const facts = Array.from(
      { length: 230 },
      (_, number) => buildPurchase(`many${number}`, buildPack(1), at).facts,
    ).flat();
    await stub.applyStripe(identity, { ...buildPurchase("x", buildPack(1), at), facts });
    await flushed(stub);
    expect(await eventsOf(identity)).toHaveLength(230);
    expect(await countDeliveries(endpointId)).toBe(230);
  });

  it("the outbox splits large events into batches that D1 accepts", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity));
    const at = await now();
    const metadata = Object.fromEntries(
      Array.from({ length: 20 }, (_, key) => [`key${key}`, "ü€".repeat(250)]),
    );
    const facts = Array.from(
      { length: 90 },
      (_, number) => buildPurchase(`large${number}`, buildPack(1), at).facts,
    ).flat();
    const large = facts.map((fact) =>
      fact.type === "purchase" ? { ...fact, purchase: { ...fact.purchase, metadata } } : fact,
    );
    await stub.applyStripe(identity, { ...buildPurchase("x", buildPack(1), at), facts: large });
    await flushed(stub);
    expect(await countDeliveries(endpointId)).toBe(90);
  });

  it("a resync emits no event again", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity));
    await stub.applyStripe(identity, buildPurchase("resynced", buildPack(10), await now()));
    await flushed(stub);
    await env.DB.prepare("DELETE FROM deliveries WHERE endpoint_id = ?").bind(endpointId).run();
    expect((await stub.resync()).ok).toBe(true);
    expect(await countDeliveries(endpointId)).toBe(0);
  });

  it("a resync loses no event when it runs before the flush", async () => {
    const { identity, stub } = newSubject();
    const { endpointId } = await newEndpoint(scopeOf(identity), ["purchase.finalized", "usage.consumed"]);
    await stub.applyStripe(identity, buildPurchase("first", buildPack(10), await now()));
    await flushed(stub);
    // The flush is due later, so the resync runs first.
    await stub.consume(identity, buildConsume(1, "k"));
    await stub.resync();
    expect((await eventsOf(identity)).map(({ type }) => type)).toEqual([
      "purchase.finalized",
      "usage.consumed",
    ]);
    expect(await countDeliveries(endpointId)).toBe(2);
  });
});
