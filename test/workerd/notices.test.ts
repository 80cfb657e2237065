import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type OutboundEvent, outboundEventSchema } from "../../shared/contract/outbound-event.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import type { SignalSettings } from "../../shared/domain/signal-settings.ts";
import type { SubjectIdentity } from "../../shared/domain/subject-name.ts";
import type { Subject } from "../../workers/runtime/subject/subject.ts";
import { eventually } from "../eventually.ts";
import { newEndpoint, now } from "./endpoints.ts";
import { rowsTouched } from "./rows-touched.ts";
import {
  buildConsume,
  buildPack,
  buildPass,
  buildPurchase,
  env,
  newSubject,
  restart as restartObject,
  usageCommands,
} from "./subjects.ts";

const types = ["usage.low" as const, "usage.recovered" as const, "entitlement.expiring" as const];

const settings = (version: number, percent: number | null, expiringDays: number | null): SignalSettings => ({
  version,
  project: { lowBalance: percent === null ? null : { value: percent, in: "percent" }, expiringDays },
  products: {},
});

interface Customer {
  identity: SubjectIdentity;
  stub: DurableObjectStub<Subject>;
}

const learn = ({ identity, stub }: Customer, known: SignalSettings) =>
  stub.applyStripe(identity, {
    facts: [{ type: "signals", settings: known }],
    graceDays: 0,
    cause: { type: "signal_settings", id: String(known.version) },
  });

/** A customer who knows that 10 % is low and that an end is near 3 days before, with an endpoint that subscribes. */
async function subscribed(): Promise<Customer> {
  const customer = newSubject();
  await newEndpoint({ projectId: customer.identity.projectId, mode: "test" }, types);
  await learn(customer, settings(1, 10, 3));
  return customer;
}

/** The object on a new instance: nothing in memory is left. */
const restart = async ({ identity, stub }: Customer): Promise<Customer> => ({
  identity,
  stub: await restartObject(stub),
});

async function noticesOf({ projectId }: SubjectIdentity): Promise<OutboundEvent[]> {
  const { results } = await env.DB.prepare(
    "SELECT body FROM events WHERE project_id = ? ORDER BY occurred_at, sequence",
  )
    .bind(projectId)
    .all<{ body: string }>();
  const all = results.map(({ body }) => outboundEventSchema.parse(JSON.parse(body)));
  return all.filter(({ type }) => (types as readonly string[]).includes(type));
}

const namesOf = async (identity: SubjectIdentity) => (await noticesOf(identity)).map(({ type }) => type);

const flushed = async ({ stub }: Customer) => {
  await stub.wake();
  await eventually(async () => expect((await stub.verify()).unflushed).toBe(0));
};

describe("signals of balance and ends", () => {
  it("a consume makes the balance low and a purchase recovers it, each with the sequence of its cause", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("one", buildPack(100), await now()));
    await stub.consume(identity, buildConsume(89, "a"));
    await stub.consume(identity, buildConsume(1, "b"));
    await stub.consume(identity, buildConsume(1, "c"));
    await stub.consume(identity, buildConsume(1, "b"));
    await stub.applyStripe(identity, buildPurchase("two", buildPack(100), await now()));
    await flushed(customer);
    expect(await noticesOf(identity)).toMatchObject([
      {
        type: "usage.low",
        data: { sequence: 4, usage_remaining: 10, reason: "usage_consumed", kind: "usage_pack" },
      },
      { type: "usage.recovered", data: { sequence: 6, usage_remaining: 109, reason: "checkout_finalized" } },
    ]);
    expect(await stub.verify()).toMatchObject({ ok: true, findings: [] });
  });

  it("restarts between every two steps repeat none and lose none", async () => {
    let customer = await subscribed();
    const { identity } = customer;
    const paidAt = await now();
    const steps: ((subject: DurableObjectStub<Subject>) => Promise<unknown>)[] = [
      (stub) => stub.applyStripe(identity, buildPurchase("one", buildPack(100), paidAt)),
      (stub) => stub.consume(identity, buildConsume(95, "a")),
      (stub) => stub.consume(identity, buildConsume(1, "b")),
      (stub) => stub.applyStripe(identity, buildPurchase("two", buildPack(100), paidAt)),
      (stub) => stub.usage(identity, usageCommands.reserve(103, "c")),
      (stub) => stub.consume(identity, buildConsume(1, "d")),
      (stub) => stub.wake(),
    ];
    for (const step of steps) {
      await step(customer.stub);
      customer = await restart(customer);
      // The same call again, as a caller who got no answer repeats it.
      await step(customer.stub);
      customer = await restart(customer);
    }
    await flushed(customer);
    expect(await namesOf(identity)).toEqual(["usage.low", "usage.recovered", "usage.low"]);
    expect(await customer.stub.verify()).toMatchObject({ ok: true, findings: [] });
  });

  it("the end of a pass is reported at its moment by an object without calls, and once", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    const paidAt = await now();
    await stub.applyStripe(identity, buildPurchase("pass", buildPass(10), paidAt));
    await flushed(customer);
    const at = await runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    // The alarm is set for the moment, by the machine's clock.
    const offset = await env.DEV.clockOffsetMs();
    expect(Math.abs((at ?? 0) + offset - (paidAt + 7 * dayMs))).toBeLessThan(5_000);
    await env.DEV.advance(8 * dayMs);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await flushed(customer);
    await stub.wake();
    expect(await noticesOf(identity)).toMatchObject([
      {
        type: "entitlement.expiring",
        timestamp: new Date(paidAt + 7 * dayMs).toISOString(),
        data: {
          product_code: "PASS",
          reason: "expires_soon",
          source: "system",
          expires_at: new Date(paidAt + 10 * dayMs).toISOString(),
        },
      },
    ]);
    // The next entry records it, and reports nothing again.
    await stub.applyStripe(identity, buildPurchase("pack", buildPack(5), await now()));
    await flushed(await restart(customer));
    expect(await namesOf(identity)).toEqual(["entitlement.expiring"]);
  });

  it("what the alarm stored before a crash is sent after it, once", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("pass", buildPass(10), await now()));
    await flushed(customer);
    await env.DEV.advance(8 * dayMs);
    // D1 does not answer: the alarm stores the signal and can't send it.
    await runInDurableObject(stub, async (subject: Subject) => {
      const { outbox } = subject as unknown as { outbox: { env: { DB: D1Database } } };
      const down = new Proxy(outbox.env.DB, {
        get: () => () => {
          throw new Error("D1 is down");
        },
      });
      outbox.env = Object.create(outbox.env, { DB: { value: down } });
      await subject.wake();
    });
    expect(await namesOf(identity)).toEqual([]);
    const again = await restart(customer);
    await eventually(async () => {
      await again.stub.wake();
      expect(await namesOf(identity)).toEqual(["entitlement.expiring"]);
    });
    await flushed(again);
    expect(await namesOf(identity)).toEqual(["entitlement.expiring"]);
  });

  it("a lost alarm is set again by the sweep that calls every object", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("pass", buildPass(10), await now()));
    await flushed(customer);
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAlarm());
    const again = await restart(customer);
    await again.stub.rearm();
    expect(await runInDurableObject(again.stub, (_, { storage }) => storage.getAlarm())).not.toBeNull();
    // The moment has passed, and another instance learns it only from the sweep.
    await runInDurableObject(again.stub, (_, { storage }) => storage.deleteAlarm());
    await env.DEV.advance(8 * dayMs);
    const late = await restart(again);
    await late.stub.rearm();
    await eventually(async () => expect(await namesOf(identity)).toEqual(["entitlement.expiring"]));
  });

  it("a replay rebuilds each signal as it was", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("one", buildPack(100, 10), await now()));
    await stub.consume(identity, buildConsume(95, "a"));
    await flushed(customer);
    await env.DEV.advance(8 * dayMs);
    await flushed(customer);
    const before = await noticesOf(identity);
    expect(before.map(({ type }) => type)).toEqual(["usage.low", "entitlement.expiring"]);
    await env.DB.prepare("DELETE FROM events WHERE project_id = ?").bind(identity.projectId).run();
    const request = { since: 0, eventTypes: [...types], writtenAt: await now() };
    expect(await stub.restoreEvents(request)).toBe(2);
    expect(await noticesOf(identity)).toEqual(before);
    // Also once an entry has recorded what the clock did.
    await stub.applyStripe(identity, buildPurchase("two", buildPack(100), await now()));
    await flushed(customer);
    await env.DB.prepare("DELETE FROM events WHERE project_id = ?").bind(identity.projectId).run();
    expect(await stub.restoreEvents(request)).toBe(3);
    expect((await noticesOf(identity)).slice(0, 2)).toEqual(before);
  });

  it("what was reported survives the folding of old history", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("one", buildPack(100), await now()));
    await stub.consume(identity, buildConsume(95, "a"));
    await flushed(customer);
    await env.DEV.advance(92 * dayMs);
    for (const key of ["b", "c"]) await stub.consume(identity, buildConsume(1, key));
    await flushed(customer);
    expect(await stub.verify()).toMatchObject({ ok: true, findings: [], checkpointSequence: 3 });
    const again = await restart(customer);
    await again.stub.consume(identity, buildConsume(1, "d"));
    await again.stub.applyStripe(identity, buildPurchase("two", buildPack(100), await now()));
    await flushed(again);
    expect(await namesOf(identity)).toEqual(["usage.low", "usage.recovered"]);
  });

  it("a consume touches no more rows with settings than without, unless it makes the balance low", async () => {
    const quiet = newSubject();
    const loud = await subscribed();
    const count = async ({ identity, stub }: Customer) => {
      await stub.applyStripe(identity, buildPurchase("rows", buildPack(100), await now()));
      await stub.consume(identity, buildConsume(1, "a"));
      return rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "b")));
    };
    const without = await count(quiet);
    expect(await count(loud)).toEqual(without);
    const { identity, stub } = loud;
    const low = await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(90, "c")));
    expect(low.written).toBeGreaterThan(without.written);
    expect(await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "d")))).toEqual(
      without,
    );
    expect(await rowsTouched(stub, (subject) => subject.check())).toEqual(
      await rowsTouched(quiet.stub, (subject) => subject.check()),
    );
  });

  it("the customer's page lists them, by an entry and by time alone", async () => {
    const customer = await subscribed();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("one", buildPack(100, 10), await now()));
    await stub.consume(identity, buildConsume(95, "a"));
    await env.DEV.advance(8 * dayMs);
    const view = await stub.customerView(identity, { before: null, limit: 50 });
    const shown = [
      { type: "entitlement.expiring", byClock: true, entitlement: { productCode: "CREDITS" } },
      { type: "usage.low", byClock: false, sequence: 3, usageRemaining: 5 },
    ];
    expect(view.notices).toMatchObject(shown);
    await stub.consume(identity, buildConsume(1, "b"));
    const later = await stub.customerView(identity, { before: null, limit: 50 });
    expect(later.notices).toEqual(view.notices);
    const older = await stub.customerView(identity, { before: 4, limit: 50 });
    expect(older.notices).toEqual(view.notices);
  });

  it("is a row of D1 only where an endpoint subscribes", async () => {
    const quiet = newSubject();
    await newEndpoint({ projectId: quiet.identity.projectId, mode: "test" }, ["purchase.finalized"]);
    await learn(quiet, settings(1, 10, 3));
    await quiet.stub.applyStripe(quiet.identity, buildPurchase("quiet", buildPack(10), await now()));
    await quiet.stub.consume(quiet.identity, buildConsume(10, "a"));
    await flushed(quiet);
    expect(await namesOf(quiet.identity)).toEqual([]);
  });
});
