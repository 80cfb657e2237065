import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import type { UsageResult } from "../../workers/runtime/subject/apply-usage.ts";
import { Subject } from "../../workers/runtime/subject/subject.ts";
import { rowsTouched } from "./rows-touched.ts";
import {
  buildConsume,
  buildPack,
  buildPurchase,
  env,
  newSubject,
  now,
  restart,
  usageCommands,
} from "./subjects.ts";

const { reserve, settle, release, reverse } = usageCommands;

/** Creates a subject with a pack of credits. */
async function customerWith(units: number, expiresAfterDays: number | null = null) {
  const { identity, stub } = newSubject();
  await stub.applyStripe(identity, buildPurchase("pack", buildPack(units, expiresAfterDays), await now()));
  const usage = (command: Parameters<Subject["usage"]>[1]) =>
    stub.usage(identity, command) as Promise<UsageResult>;
  const balance = async () => {
    const { usageRemaining, reservedByEntitlement } = await stub.read();
    const reserved = Object.values(reservedByEntitlement).reduce((sum, held) => sum + held, 0);
    return { remaining: usageRemaining, reserved };
  };
  return { identity, stub, usage, balance };
}

const idOf = (result: UsageResult) =>
  result.outcome === "done" ? (result.reply.reservationId ?? "") : expect.unreachable(result.outcome);
const refusalOf = (result: UsageResult) =>
  result.outcome === "refused" ? result.refusal.code : result.outcome;

describe("reservations", () => {
  it("64 callers who reserve 75 of 500 units at the same time get exactly 6 reservations", async () => {
    const { stub, usage, balance } = await customerWith(500);
    const results = await Promise.all(
      Array.from({ length: 64 }, (_, index) => usage(reserve(75, `k${index}`))),
    );
    expect(results.filter(({ outcome }) => outcome === "done")).toHaveLength(6);
    expect(new Set(results.filter(({ outcome }) => outcome === "done").map(idOf)).size).toBe(6);
    expect(results.filter((result) => refusalOf(result) === "insufficient_usage")).toHaveLength(58);
    expect(await balance()).toEqual({ remaining: 50, reserved: 450 });
    await stub.wake();
    expect(await stub.verify()).toMatchObject({ ok: true, findings: [], unflushed: 0 });
  });

  it("a settle spends what was used, returns the rest, and gets the same reply again", async () => {
    const { usage, balance } = await customerWith(100);
    const reserved = await usage(reserve(75, "job"));
    const id = idOf(reserved);
    expect(await usage(reserve(75, "job"))).toEqual({ ...reserved, replayed: true, wrote: false });
    expect(await usage(reserve(76, "job"))).toMatchObject({ outcome: "idempotency_conflict" });
    const settled = await usage(settle(id, 40, "done"));
    expect(settled).toMatchObject({ reply: { consumed: 40, released: 35, usageRemaining: 60 } });
    expect(await usage(settle(id, 40, "done"))).toEqual({ ...settled, replayed: true, wrote: false });
    expect(refusalOf(await usage(settle(id, 40, "again")))).toBe("reservation_closed");
    expect(refusalOf(await usage(release(id, "again")))).toBe("reservation_closed");
    expect(await balance()).toEqual({ remaining: 60, reserved: 0 });
  });

  it("a reservation of another subject, or one that never was, is not found", async () => {
    const one = await customerWith(10);
    const other = await customerWith(10);
    const id = idOf(await other.usage(reserve(5, "job")));
    const unknown = `rsv_${"0".repeat(32)}`;
    for (const wrong of [id, unknown]) {
      expect(refusalOf(await one.usage(settle(wrong, 1, "a")))).toBe("reservation_not_found");
      expect(refusalOf(await one.usage(release(wrong, "b")))).toBe("reservation_not_found");
    }
  });

  it("with every unit held a check is denied, and a late alarm keeps none held after the end", async () => {
    const { stub, usage, balance } = await customerWith(100);
    const id = idOf(await usage(reserve(100, "job", { expiresInMs: 60_000 })));
    const denied = await stub.check();
    expect(denied.decision).toMatchObject({ allowed: false, reason: "usage_exhausted" });
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAlarm());
    await env.DEV.advance(60_000);
    const allowed = await stub.check();
    expect(allowed.decision.allowed).toBe(true);
    expect(await balance()).toEqual({ remaining: 100, reserved: 0 });
    // No entry records it yet. A change writes it first, and the answers before it can still be computed.
    await usage(reserve(30, "next"));
    const held = await stub.decisionAsOf(denied);
    expect(held).toMatchObject({
      decision: denied.decision,
      reservations: [{ reservationId: id, units: 100 }],
    });
    expect(await stub.decisionAsOf(allowed)).toMatchObject({ decision: allowed.decision, reservations: [] });
    expect(await stub.verify()).toMatchObject({ findings: [] });
  });

  it("a settle after the end draws from the balance for a day, then notes what was not billed", async () => {
    const { identity, stub, usage, balance } = await customerWith(100);
    const first = idOf(await usage(reserve(60, "first", { expiresInMs: 1_000 })));
    const second = idOf(await usage(reserve(40, "second", { expiresInMs: 1_000 })));
    await env.DEV.advance(1_000);
    expect(refusalOf(await usage(release(first, "late")))).toBe("reservation_expired");
    expect(refusalOf(await usage(settle(first, 61, "too much")))).toBe("exceeds_reservation");
    expect(await usage(settle(first, 60, "late"))).toMatchObject({ reply: { consumed: 60, released: 0 } });
    await stub.consume(identity, buildConsume(30, "other"));
    expect(refusalOf(await usage(settle(second, 40, "late second")))).toBe("reservation_expired");
    expect(refusalOf(await usage(settle(second, 40, "late second")))).toBe("reservation_expired");
    const { sequence } = await stub.read();
    const [note, ...others] = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql
        .exec<{ body: string }>("SELECT body FROM ledger ORDER BY sequence DESC LIMIT 2")
        .toArray()
        .map(({ body }) => JSON.parse(body) as { operation: string; reservation?: { unfunded?: number } }),
    );
    expect(note).toMatchObject({ operation: "unfunded", reservation: { unfunded: 40 } });
    expect(others).toMatchObject([{ operation: "consume" }]);
    await stub.applyStripe(identity, buildPurchase("more", buildPack(50), await now()));
    expect(await usage(settle(second, 40, "late second"))).toMatchObject({ reply: { consumed: 40 } });
    expect((await stub.read()).sequence).toBe(sequence + 2);
    expect(await balance()).toEqual({ remaining: 20, reserved: 0 });

    const third = idOf(await usage(reserve(10, "third")));
    await env.DEV.advance(366 * dayMs);
    expect(refusalOf(await usage(settle(third, 10, "a year late")))).toBe("reservation_expired");
    expect(await balance()).toEqual({ remaining: 20, reserved: 0 });
    expect(await stub.verify()).toMatchObject({ findings: [] });
  });

  it("a reservation stays held when its object restarts, and ends by the alarm", async () => {
    const { identity, stub, usage } = await customerWith(100);
    const id = idOf(await usage(reserve(75, "job", { expiresInMs: 5_000, onExpiry: "settle" })));
    const again = await restart(stub);
    expect(await again.read()).toMatchObject({
      usageRemaining: 25,
      reservedByEntitlement: expect.anything(),
    });
    await env.DEV.advance(5_000);
    await again.wake();
    expect(await again.read()).toMatchObject({ usageRemaining: 25, reservedByEntitlement: {} });
    expect(refusalOf((await again.usage(identity, settle(id, 5, "late"))) as UsageResult)).toBe(
      "reservation_closed",
    );
    expect(await again.verify()).toMatchObject({ ok: true, unflushed: 0 });
  });

  it("a subject holds 1,000 open reservations and no more, and all of them end at once", async () => {
    const { stub, usage, balance } = await customerWith(2_000);
    const results = await Promise.all(
      Array.from({ length: 1_001 }, (_, index) => usage(reserve(1, `k${index}`))),
    );
    expect(results.filter(({ outcome }) => outcome === "done")).toHaveLength(1_000);
    expect(results.filter((result) => refusalOf(result) === "too_many_reservations")).toHaveLength(1);
    await env.DEV.advance(900_000);
    expect(await balance()).toEqual({ remaining: 2_000, reserved: 0 });
    expect((await usage(reserve(2_000, "all"))).outcome).toBe("done");
    await stub.wake();
    expect(await stub.verify()).toMatchObject({ ok: true, unflushed: 0 });
  }, 240_000);

  it("a consume or settle is given back once, and its key can be used for both", async () => {
    const { identity, stub, usage, balance } = await customerWith(100);
    await stub.consume(identity, buildConsume(30, "same"));
    const id = idOf(await usage(reserve(50, "job")));
    await usage(settle(id, 40, "settled"));
    const reversed = await usage(reverse("same", "undo", 10));
    expect(reversed).toMatchObject({ reply: { returned: 10, forfeited: 0, usageRemaining: 40 } });
    expect(await usage(reverse("same", "undo", 10))).toEqual({ ...reversed, replayed: true, wrote: false });
    expect(refusalOf(await usage(reverse("same", "undo again")))).toBe("already_reversed");
    expect(await usage(reverse("settled", "undo settle", 1_000))).toMatchObject({ reply: { returned: 40 } });
    expect(refusalOf(await usage(reverse("unknown", "x")))).toBe("not_found");
    expect(await balance()).toEqual({ remaining: 80, reserved: 0 });
    await runInDurableObject(stub, (_, { storage }) => storage.sql.exec("DELETE FROM reversed").toArray());
    expect((await stub.verify()).findings).toHaveLength(2);
  });

  it("reservations go on while D1 is down", async () => {
    const { usage, balance } = await customerWith(100);
    await env.DB.exec("ALTER TABLE subjects RENAME TO subjects_away");
    try {
      const id = idOf(await usage(reserve(75, "job")));
      expect(await usage(settle(id, 70, "done"))).toMatchObject({ outcome: "done" });
    } finally {
      await env.DB.exec("ALTER TABLE subjects_away RENAME TO subjects");
    }
    expect(await balance()).toEqual({ remaining: 30, reserved: 0 });
  });

  it("verify reports a reservation that was changed outside the ledger", async () => {
    const { stub, usage } = await customerWith(100);
    const id = idOf(await usage(reserve(75, "job")));
    // An entry that is not flushed is applied again after a restart, over the changed row.
    await stub.wake();
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec(`UPDATE reservations SET body = replace(body, '"units":75', '"units":74')`).toArray(),
    );
    const { findings } = await (await restart(stub)).verify();
    expect(findings).toMatchObject([{ where: "state", message: `${id} does not match the ledger` }]);
  });
});

describe("the history of reservations", () => {
  it("a folded history keeps replies, usage and open reservations, and gives nothing back", async () => {
    const { identity, stub, usage } = await customerWith(1_000);
    const id = idOf(await usage(reserve(75, "job")));
    const settled = await usage(settle(id, 40, "done"));
    const reversed = await usage(reverse("done", "undo", 15));
    const lapsing = idOf(await usage(reserve(5, "lapses")));
    await stub.wake();
    await env.DEV.advance(92 * dayMs);
    await stub.consume(identity, buildConsume(1, "today"));
    await stub.wake();
    const tables = await runInDurableObject(stub, (_, { storage }) => ({
      ledger: storage.sql.exec("SELECT count(*) AS rows FROM ledger").one(),
      reversed: storage.sql.exec("SELECT count(*) AS rows FROM reversed").one(),
      usage: storage.sql.exec("SELECT sum(units) AS units FROM daily_usage").one(),
    }));
    expect(tables).toEqual({ ledger: { rows: 1 }, reversed: { rows: 0 }, usage: { units: 25 } });
    expect(await usage(settle(id, 40, "done"))).toEqual({ ...settled, replayed: true, wrote: false });
    expect(await usage(reverse("done", "undo", 15))).toEqual({ ...reversed, replayed: true, wrote: false });
    expect(refusalOf(await usage(settle(id, 40, "again")))).toBe("reservation_not_found");
    expect(refusalOf(await usage(settle(lapsing, 5, "late")))).toBe("reservation_expired");
    expect(refusalOf(await usage(reverse("done", "undo again")))).toBe("not_found");
    expect(await stub.verify()).toMatchObject({ ok: true, findings: [] });
    expect(await stub.resync()).toMatchObject({ ok: true, findings: [] });
  });

  it("an object of the release before reservations is upgraded and answers as before", async () => {
    const { identity, stub } = await customerWith(100);
    const answer = await stub.consume(identity, buildConsume(10, "k"));
    const before = await stub.check();
    const upgraded = await runInDurableObject(stub, async (subject, state) => {
      // Earlier releases wrote the state with each entry.
      await (subject as Subject).wake();
      const { sql } = state.storage;
      sql.exec("DROP TABLE reservations");
      sql.exec("DROP TABLE reversed");
      sql.exec("ALTER TABLE compact_requests DROP COLUMN more");
      sql.exec("ALTER TABLE subject DROP COLUMN spent_units");
      sql.exec("ALTER TABLE subject DROP COLUMN state_sequence");
      sql.exec("ALTER TABLE subject DROP COLUMN signaled_at");
      sql.exec("DROP INDEX ledger_decisive");
      sql.exec(`CREATE INDEX ledger_decisive ON ledger (sequence)
        WHERE (substr(body, 1, 22) <> '{"operation":"consume"' OR instr(body, '"unitsRemaining":0,') > 0)`);
      sql.exec("UPDATE subject SET schema_version = 4");
      const again = new Subject(state, env);
      const replay = await again.consume(identity, buildConsume(10, "k"));
      const reserved = await again.usage(identity, reserve(50, "job"));
      return { replay, reserved, asOf: await again.decisionAsOf(before) };
    });
    expect(upgraded.replay).toEqual({ ...answer, replayed: true });
    expect(upgraded.reserved).toMatchObject({ reply: { usageRemaining: 40 } });
    expect(upgraded.asOf).toMatchObject({ decision: before.decision });
    expect(await stub.verify()).toMatchObject({ ok: true, entries: 3 });
    const view = await stub.customerView(identity, { before: null, limit: 50 });
    expect(view.flips).toHaveLength(1);
  });
});

describe("cost of a reservation", () => {
  it("a consume writes 2 rows, and a reserve or settle at most 2 more", async () => {
    const { identity, stub, usage } = await customerWith(1_000);
    const others = idOf(await usage(reserve(1, "others")));
    await stub.check();
    const consume = await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "c")));
    expect(consume).toEqual({ read: 2, written: 2 });
    let id = "";
    const reserving = await rowsTouched(stub, async (subject) => {
      id = idOf(await subject.usage(identity, reserve(75, "job")));
    });
    const settling = await rowsTouched(stub, (subject) => subject.usage(identity, settle(id, 40, "done")));
    const releasing = await rowsTouched(stub, (subject) => subject.usage(identity, release(others, "r")));
    for (const { read, written } of [reserving, settling, releasing]) {
      expect(read).toBeLessThanOrEqual(consume.read + 2);
      expect(written).toBeLessThanOrEqual(consume.written + 2);
    }
  });

  it("1,000 reservations that end at once write 10 times the rows of 100", async () => {
    const rowsOf = async (jobs: number) => {
      const { identity, stub, usage } = await customerWith(2_000);
      for (let job = 0; job < jobs; job++) await usage(reserve(1, `k${job}`, { expiresInMs: 600_000 }));
      return rowsTouched(stub, async (subject) => {
        await env.DEV.advance(600_000);
        // A read before any entry writes nothing.
        expect((await subject.read()).usageRemaining).toBe(2_000);
        await subject.usage(identity, reserve(1, "next"));
      });
    };
    const next = 3;
    const [few, many] = [await rowsOf(100), await rowsOf(1_000)];
    expect(few.written - next).toBe(100 * 2);
    // The entitlements of 500 entries are written together.
    expect(many.written - next).toBeLessThanOrEqual(1_000 * 2 + 10);
    expect(many.read).toBeLessThanOrEqual(12 * few.read);
  }, 120_000);
});
