import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { dayMs, type Entitlement } from "../../shared/domain/entitlement.ts";
import { newId } from "../../shared/kit/ids.ts";
import { rowsTouched } from "./rows-touched.ts";
import { buildConsume, buildPack, buildPurchase, env, newSubject, now } from "./subjects.ts";
import { yearly } from "./yearly-subscription.ts";

async function subscriber(paidDaysAgo: number) {
  const { identity, stub } = newSubject();
  const facts = yearly((await now()) - paidDaysAgo * dayMs);
  const command = { facts, graceDays: 0, cause: { type: "request" as const, id: "req_1" } };
  await stub.applyStripe(identity, command);
  return { identity, stub, command };
}

describe("allowances in the subject's object", () => {
  it("the units of the month are there, are spent, and come once however often the facts arrive", async () => {
    const { identity, stub, command } = await subscriber(0);
    expect(await stub.read()).toMatchObject({ usageRemaining: 1_000 });
    await stub.consume(identity, buildConsume(400, "job"));
    expect(await stub.applyStripe(identity, command)).toMatchObject({ outcome: "merged", changes: 0 });
    expect(await stub.read()).toMatchObject({ usageRemaining: 600, decision: { allowed: true } });
    await stub.wake();
    expect(await stub.verify()).toMatchObject({ ok: true, findings: [], unflushed: 0 });
  });

  it("with every unit used a check is still allowed: the subscription decides", async () => {
    const { identity, stub } = await subscriber(0);
    await stub.consume(identity, buildConsume(1_000, "job"));
    expect((await stub.consume(identity, buildConsume(1, "more"))).outcome).toBe("insufficient_usage");
    expect((await stub.check()).decision.allowed).toBe(true);
  });

  it("windows of the past are granted in order, and only the present one has units", async () => {
    const { stub } = await subscriber(100);
    const { entitlements, usageRemaining } = await stub.read();
    expect(entitlements.filter(({ includedIn }) => includedIn !== undefined)).toHaveLength(4);
    expect(usageRemaining).toBe(1_000);
    await stub.wake();
    expect(await stub.verify()).toMatchObject({ ok: true, findings: [] });
  });

  it("a sync and an audit find no difference in a month that began while the alarm was late", async () => {
    const { identity, stub, command } = await subscriber(0);
    await stub.wake();
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAlarm());
    await env.DEV.advance(32 * dayMs);
    const [, subscription] = command.facts;
    if (subscription?.type !== "subscription") throw new Error("no subscription");
    const read = { sourceId: "read_1", at: await now(), said: "read" as const };
    const observations = subscription.observations.map((each) => ({ ...each, ...read }));
    const current = { ...command, facts: [{ ...subscription, observations }] };
    expect(await stub.previewStripe(identity, current)).toMatchObject({ changes: [] });
    expect(await stub.auditStripe(identity, current)).toMatchObject({ gains: [], loses: [] });
    expect((await stub.read()).usageRemaining).toBe(1_000);
  });

  it("a consume with an allowance touches as many rows as one without", async () => {
    const included = await subscriber(0);
    const bought = newSubject();
    await bought.stub.applyStripe(bought.identity, buildPurchase("bought", buildPack(1_000), await now()));
    const rowsOf = async ({ identity, stub }: Pick<typeof included, "identity" | "stub">) => {
      for (const key of ["a", "b"]) await stub.consume(identity, buildConsume(1, key));
      return rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "c")));
    };
    expect(await rowsOf(included)).toEqual(await rowsOf(bought));
  });

  it("folding, resync, as-of and erasure hold for a subscriber with an allowance", async () => {
    const { identity, stub, command } = await subscriber(0);
    await stub.consume(identity, buildConsume(400, "old"));
    await stub.wake();
    await env.DEV.advance(92 * dayMs);
    await stub.consume(identity, buildConsume(300, "today"));
    // Each month has its own lot: 92 days later is the fourth, and only that one has units.
    expect((await stub.read()).usageRemaining).toBe(700);
    await stub.wake();
    const folded = await stub.read();
    const lots = folded.entitlements.filter(({ includedIn }) => includedIn !== undefined);
    expect(lots.map(({ unitsRemaining }) => unitsRemaining).toSorted()).toEqual([0, 0, 0, 700]);
    expect(folded.usageRemaining).toBe(700);
    const verified = await stub.verify();
    expect(verified).toMatchObject({ ok: true, findings: [], unflushed: 0 });
    expect(verified.checkpointSequence).toBeGreaterThan(0);
    expect(await stub.resync()).toMatchObject({ ok: true, findings: [] });

    const { sequence, at } = await stub.check();
    const asOf = await stub.decisionAsOf({ sequence, at });
    if (asOf.outcome !== "computed") throw new Error(asOf.outcome);
    expect(asOf.decision).toMatchObject({ allowed: true });
    // The order follows from the ids, of which some were folded and some were not.
    const inOrder = (all: Entitlement[]) =>
      all.toSorted((a, b) => (a.entitlementId < b.entitlementId ? -1 : 1));
    expect(inOrder(asOf.entitlements)).toEqual(inOrder(folded.entitlements));
    expect((await stub.exportState()).state.entitlements).toHaveLength(folded.entitlements.length);
    // The same facts after folding change nothing.
    expect(await stub.applyStripe(identity, command)).toMatchObject({ outcome: "merged", changes: 0 });

    await stub.erase({ erasureId: newId("ers"), requestedAt: await now() });
    expect(await stub.read()).toMatchObject({ entitlements: [], usageRemaining: 0 });
    expect((await stub.check()).decision.allowed).toBe(false);
  });
});
