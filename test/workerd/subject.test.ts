import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { readSubjectCopy } from "../../workers/runtime/db/subjects.ts";
import { eventually } from "../eventually.ts";
import { buildConsume, buildPack, buildPass, buildPurchase, env, newSubject, now } from "./subjects.ts";

describe("unknown subject", () => {
  it("an unknown subject is denied access and credits and creates no tables", async () => {
    const { identity, stub } = newSubject();
    expect((await stub.check()).decision).toEqual({
      allowed: false,
      reason: "no_entitlement",
      entitlementId: null,
    });
    expect((await stub.consume(identity, buildConsume(1, "k"))).outcome).toBe("insufficient_usage");
    await stub.wake();
    expect((await stub.verify()).ok).toBe(true);
    const tables = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master").toArray(),
    );
    expect(tables).toEqual([]);
    expect((await readSubjectCopy(env.DB, identity)).subject).toBeNull();
  });
});

describe("applyStripe", () => {
  it("a subject grants a purchase once when it is reported 10 times at once", async () => {
    const { identity, stub } = newSubject();
    const command = buildPurchase("once", buildPack(100), await now());
    const results = await Promise.all(Array.from({ length: 10 }, () => stub.applyStripe(identity, command)));
    expect(results.filter((result) => result.outcome === "merged" && result.changes === 1)).toHaveLength(1);
    expect((await stub.read()).usageRemaining).toBe(100);
  });

  it("a subject is registered in D1 before its first change", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("registered", buildPack(1), await now()));
    expect((await readSubjectCopy(env.DB, identity)).subject).not.toBeNull();
  });

  it("a subject queues passes by payment time in any order of arrival", async () => {
    const start = await now();
    const windows = async (names: string[]) => {
      const { identity, stub } = newSubject();
      for (const name of names)
        await stub.applyStripe(identity, buildPurchase(name, buildPass(1), start + Number(name) * 1000));
      const { entitlements } = await stub.read();
      return entitlements
        .toSorted((a, b) => a.paidAt - b.paidAt)
        .map(({ startsAt, expiresAt }) => [startsAt, expiresAt]);
    };
    const inOrder = await windows(["1", "2", "3"]);
    expect(inOrder).toEqual([
      [start + 1000, start + 1000 + dayMs],
      [start + 1000 + dayMs, start + 1000 + 2 * dayMs],
      [start + 1000 + 2 * dayMs, start + 1000 + 3 * dayMs],
    ]);
    expect(await windows(["3", "1", "2"])).toEqual(inOrder);
  });
});

describe("consume", () => {
  it("a pack of 1,000 accepts exactly 100 of 200 concurrent consumes of 10, and D1 agrees", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("hundred", buildPack(1000), await now()));
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, index) => stub.consume(identity, buildConsume(10, `k${index}`))),
    );
    expect(results.filter(({ outcome }) => outcome === "consumed")).toHaveLength(100);
    expect(results.filter(({ outcome }) => outcome === "insufficient_usage")).toHaveLength(100);
    expect((await stub.read()).usageRemaining).toBe(0);

    await stub.wake();
    const verification = await stub.verify();
    expect(verification).toMatchObject({ ok: true, entries: 101, unflushed: 0, findings: [] });
    const copy = await readSubjectCopy(env.DB, identity);
    expect(copy.entitlements).toMatchObject([{ unitsRemaining: 0, version: 101 }]);
    expect(copy.subject?.headSequence).toBe(101);
  });

  it("1,000 concurrent consumes with one key get the same answer and take the units once", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("thousand", buildPack(1000), await now()));
    const results = await Promise.all(
      Array.from({ length: 1000 }, () => stub.consume(identity, buildConsume(7, "same"))),
    );
    const replies = results.map((result) => (result.outcome === "consumed" ? result.reply : result));
    expect(new Set(replies.map((reply) => JSON.stringify(reply)))).toEqual(
      new Set([JSON.stringify({ consumed: 7, usageRemaining: 993 })]),
    );
    expect(results.filter((result) => result.outcome === "consumed" && !result.replayed)).toHaveLength(1);
    expect((await stub.read()).usageRemaining).toBe(993);
  });

  it("a consume rejects its key with another request and does not remember a refusal", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("conflict", buildPack(10), await now()));
    expect((await stub.consume(identity, buildConsume(11, "a"))).outcome).toBe("insufficient_usage");
    await stub.applyStripe(identity, buildPurchase("topup", buildPack(10), await now()));
    expect((await stub.consume(identity, buildConsume(11, "a"))).outcome).toBe("consumed");
    expect((await stub.consume(identity, buildConsume(12, "a"))).outcome).toBe("idempotency_conflict");
  });

  it("a consume draws from the pack that expires first, then from the oldest", async () => {
    const { identity, stub } = newSubject();
    const start = await now();
    await stub.applyStripe(identity, buildPurchase("old", buildPack(5), start - 3000));
    await stub.applyStripe(identity, buildPurchase("new", buildPack(5), start - 1000));
    await stub.applyStripe(identity, buildPurchase("soon", buildPack(5, 1), start - 2000));
    await stub.consume(identity, buildConsume(11, "k"));
    const left = Object.fromEntries(
      (await stub.read()).entitlements.map((pack) => [pack.purchase?.checkoutSessionId, pack.unitsRemaining]),
    );
    expect(left).toEqual({ cs_soon: 0, cs_old: 0, cs_new: 4 });
  });
});

describe("expiry", () => {
  it("access ends at its expiry without an alarm, and the next alarm records it", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("lot", buildPack(9, 1), await now()));
    await stub.applyStripe(identity, buildPurchase("pass", buildPass(1), await now()));
    await stub.wake();
    expect((await stub.check()).decision.allowed).toBe(true);
    await env.DEV.advance(dayMs + 1000);
    expect((await stub.check()).decision).toMatchObject({ allowed: false, reason: "usage_exhausted" });
    expect((await stub.consume(identity, buildConsume(1, "late"))).outcome).toBe("insufficient_usage");

    await stub.wake();
    const { entitlements } = await stub.read();
    expect(entitlements.map(({ status }) => status)).toEqual(["expired", "expired"]);
    expect(await stub.verify()).toMatchObject({ ok: true, unflushed: 0 });
    const copy = await readSubjectCopy(env.DB, identity);
    expect(copy.subject?.nextExpiryAt).toBeNull();
    expect(copy.entitlements.map(({ status }) => status)).toEqual(["expired", "expired"]);
  });
});

describe("outbox", () => {
  it("the outbox flushes a change to D1 through its alarm", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("alarm", buildPack(3), await now()));
    await eventually(async () => expect((await stub.verify()).unflushed).toBe(0));
    expect((await readSubjectCopy(env.DB, identity)).entitlements).toMatchObject([{ unitsRemaining: 3 }]);
  });

  it("the outbox delays only consumes: by 5 s, or by 30 s when a subject is always active", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("gather", buildPack(9), await now()));
    await stub.wake();
    const alarmInMs = () =>
      runInDurableObject(stub, async (_, { storage }) => ((await storage.getAlarm()) ?? 0) - Date.now());
    const consumeAndSee = async (key: string) => {
      await stub.consume(identity, buildConsume(1, key));
      return alarmInMs();
    };
    expect(Math.round((await consumeAndSee("first")) / 1_000)).toBe(5);
    expect(Math.round((await consumeAndSee("with it")) / 1_000)).toBe(5);
    await stub.wake();
    expect(Math.round((await consumeAndSee("soon after")) / 1_000)).toBe(30);
    await stub.applyStripe(identity, buildPurchase("other", buildPack(9), await now()));
    expect(await alarmInMs()).toBeLessThan(1_000);
  });

  it("the outbox retries with an armed alarm when D1 fails", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("flush", buildPack(3), await now()));
    await env.DB.exec("ALTER TABLE entitlements RENAME TO entitlements_away");
    try {
      await stub.wake();
      expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).not.toBeNull();
      expect((await stub.consume(identity, buildConsume(1, "meanwhile"))).outcome).toBe("consumed");
    } finally {
      await env.DB.exec("ALTER TABLE entitlements_away RENAME TO entitlements");
    }
    await stub.wake();
    expect(await stub.verify()).toMatchObject({ ok: true, unflushed: 0, entries: 2 });
  });

  it("a resync repairs the D1 copy when its rows were changed or deleted", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("resync", buildPack(3), await now()));
    await stub.wake();
    const of = "WHERE project_id = ?";
    for (const harm of [
      `UPDATE entitlements SET units_remaining = 99 ${of}`,
      `UPDATE entitlements SET version = 50 ${of}`,
      `DELETE FROM entitlements ${of}`,
      `UPDATE subjects SET head_sequence = 50 ${of}`,
      `DELETE FROM subjects ${of}`,
    ]) {
      await env.DB.prepare(harm).bind(identity.projectId).run();
      expect((await stub.verify()).ok, harm).toBe(false);
      expect(await stub.resync(), harm).toMatchObject({ ok: true, findings: [] });
    }
  });
});
