import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { Subject } from "../../workers/runtime/subject/subject.ts";
import { rowsTouched } from "./rows-touched.ts";
import { buildConsume, buildPack, buildPurchase, env, newSubject, now } from "./subjects.ts";

const sqlOf = <T>(stub: DurableObjectStub<Subject>, work: (sql: SqlStorage) => T): Promise<T> =>
  runInDurableObject(stub, (_, { storage }) => work(storage.sql));

const rowsOf = (stub: DurableObjectStub<Subject>, table: string) =>
  sqlOf(stub, (sql) => sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`).one().rows);

/**
 * Creates a subject with one pack and `count` flushed consumes that are 92 days old, and two consumes of
 * today.
 */
async function oldSubject(count: number) {
  const { identity, stub } = newSubject();
  await stub.applyStripe(identity, buildPurchase("old", buildPack(10_000), await now()));
  const answers = await Promise.all(
    Array.from({ length: count }, (_, index) => stub.consume(identity, buildConsume(1, `k${index}`))),
  );
  const longAgo = await stub.check();
  await stub.wake();
  await env.DEV.advance(92 * dayMs);
  for (const key of ["today-1", "today-2"]) await stub.consume(identity, buildConsume(1, key));
  return { identity, stub, answers, longAgo };
}

describe("folding of history older than 90 days", () => {
  it("a subject folds its history into a checkpoint and still returns the same answers", async () => {
    const { identity, stub, answers, longAgo } = await oldSubject(1_200);
    const before = await stub.read();
    await stub.wake();
    expect(await rowsOf(stub, "ledger")).toBe(2);
    expect(await rowsOf(stub, "compact_requests")).toBe(1_200);
    const after = await stub.read();
    expect(after.entitlements).toEqual(before.entitlements);
    expect(await stub.verify()).toMatchObject({
      ok: true,
      findings: [],
      entries: 2,
      checkpointSequence: 1_201,
      headSequence: 1_203,
      unflushed: 0,
    });

    for (const index of [0, 499, 500, 1_199])
      expect(await stub.consume(identity, buildConsume(1, `k${index}`))).toEqual({
        ...answers[index],
        replayed: true,
      });
    expect(await stub.consume(identity, buildConsume(2, "k7"))).toMatchObject({
      outcome: "idempotency_conflict",
    });
    expect((await stub.read()).usageRemaining).toBe(10_000 - 1_202);

    const usage = await sqlOf(stub, (sql) =>
      sql
        .exec("SELECT product_code, sum(units) AS units, sum(entries) AS entries FROM daily_usage")
        .toArray(),
    );
    expect(usage).toEqual([{ product_code: "CREDITS", units: 1_200, entries: 1_200 }]);

    // The decision at the checkpoint can still be computed, but not the one an entry earlier.
    expect(await stub.decisionAsOf(longAgo)).toMatchObject({
      outcome: "computed",
      decision: longAgo.decision,
    });
    expect(await stub.decisionAsOf({ sequence: 1_200, at: longAgo.at })).toMatchObject({
      outcome: "too_long_ago",
      reachesBackTo: { sequence: 1_201 },
    });
    expect(await stub.resync()).toMatchObject({ ok: true, findings: [] });
  });

  it("a subject stops folding at an entry with a broken chain, so that verify reports it", async () => {
    const { stub } = await oldSubject(5);
    await sqlOf(stub, (sql) =>
      sql.exec("UPDATE ledger SET body = replace(body, '-1', '-2') WHERE sequence = 4").toArray(),
    );
    await stub.wake();
    expect(await sqlOf(stub, (sql) => sql.exec("SELECT sequence FROM checkpoint").one())).toEqual({
      sequence: 3,
    });
    expect((await stub.verify()).findings).toContainEqual(
      expect.objectContaining({ where: "ledger", sequence: 4 }),
    );
  });

  it("a subject folds no history that D1 has not confirmed", async () => {
    const { stub } = await oldSubject(5);
    await sqlOf(stub, (sql) => sql.exec("UPDATE subject SET flushed_sequence = 0").toArray());
    await env.DB.exec("ALTER TABLE entitlements RENAME TO entitlements_away");
    try {
      await stub.wake();
      expect(await rowsOf(stub, "ledger")).toBe(8);
    } finally {
      await env.DB.exec("ALTER TABLE entitlements_away RENAME TO entitlements");
    }
    await stub.wake();
    expect(await rowsOf(stub, "ledger")).toBe(2);
  });

  it("verify reports a checkpoint that was changed", async () => {
    const { stub } = await oldSubject(5);
    await stub.wake();
    await sqlOf(stub, (sql) => sql.exec("UPDATE checkpoint SET hash = hex(randomblob(32))").toArray());
    expect((await stub.verify()).findings).toContainEqual(
      expect.objectContaining({ where: "ledger", sequence: 7 }),
    );
  });
});

describe("schema upgrade of a subject", () => {
  it("an object of an earlier release is upgraded before it answers and loses nothing", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("earlier", buildPack(10), await now()));
    const answer = await stub.consume(identity, buildConsume(1, "k"));
    const fresh = await runInDurableObject(stub, async (subject, state) => {
      // Earlier releases wrote the state with each entry.
      await (subject as Subject).wake();
      for (const table of [
        "checkpoint",
        "checkpoint_state",
        "compact_requests",
        "daily_usage",
        "audit_outbox",
        "reservations",
        "reversed",
      ])
        state.storage.sql.exec(`DROP TABLE ${table}`);
      state.storage.sql.exec("DROP INDEX ledger_decisive");
      state.storage.sql.exec("ALTER TABLE subject DROP COLUMN spent_units");
      state.storage.sql.exec("ALTER TABLE subject DROP COLUMN state_sequence");
      state.storage.sql.exec("ALTER TABLE subject DROP COLUMN signaled_at");
      state.storage.sql.exec("UPDATE subject SET schema_version = 1");
      const again = new Subject(state, env);
      return { replay: await again.consume(identity, buildConsume(1, "k")), read: await again.read() };
    });
    expect(fresh.replay).toEqual({ ...answer, replayed: true });
    expect(fresh.read.usageRemaining).toBe(9);
    expect(await stub.verify()).toMatchObject({ ok: true, entries: 2 });
  });

  it("an object of the last release is upgraded, and stores its next change of access as a signal", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("earlier", buildPack(1), await now()));
    const stored = await runInDurableObject(stub, async (subject, state) => {
      await (subject as Subject).wake();
      state.storage.sql.exec("ALTER TABLE subject DROP COLUMN signaled_at");
      state.storage.sql.exec("UPDATE subject SET schema_version = 6");
      await new Subject(state, env).consume(identity, buildConsume(1, "k"));
      return state.storage.sql.exec<{ event: string }>("SELECT event FROM outbound").toArray();
    });
    expect(stored.map(({ event }) => JSON.parse(event).type)).toEqual(["access.lost"]);
  });
});

describe("cost of an operation", () => {
  async function costAt(entries: number) {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("cost", buildPack(1_000), await now()));
    await stub.consume(identity, buildConsume(1, "first"));
    // Only the number of entries matters here, so their hash chain is not valid.
    await sqlOf(stub, (sql) =>
      sql
        .exec(
          `INSERT INTO ledger
           WITH RECURSIVE more (sequence) AS (SELECT 3 UNION ALL SELECT sequence + 1 FROM more WHERE sequence < ?)
           SELECT more.sequence, at, printf('%064d', more.sequence), body, 'key-' || more.sequence FROM more, ledger
           WHERE ledger.sequence = 2`,
          entries,
        )
        .toArray(),
    );
    expect(await rowsOf(stub, "ledger")).toBe(entries);
    await stub.check();
    return {
      check: await rowsTouched(stub, (subject) => subject.check()),
      consume: await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "counted"))),
      replay: await rowsTouched(stub, (subject) => subject.consume(identity, buildConsume(1, "counted"))),
    };
  }

  it("an operation touches the same number of rows at 10 and at 100,000 ledger rows", async () => {
    const atTen = await costAt(10);
    console.log(`rows: ${JSON.stringify(atTen)}`);
    expect(atTen.check.read).toBeGreaterThan(0);
    expect(atTen.check.written).toBe(0);
    expect(atTen.consume.written).toBeGreaterThan(1);
    expect(await costAt(100_000)).toEqual(atTen);
  });
});
