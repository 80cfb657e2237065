import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { Subject } from "../../workers/runtime/subject/subject.ts";
import { rowsTouched } from "./rows-touched.ts";
import { buildConsume, buildPack, buildPurchase, env, newSubject, now } from "./subjects.ts";

async function customerWith(units: number) {
  const { identity, stub } = newSubject();
  await stub.applyStripe(identity, buildPurchase("pack", buildPack(units), await now()));
  await stub.wake();
  const consume = async (subject: Subject, count: number, from = 0) => {
    for (let index = from; index < from + count; index++)
      await subject.consume(identity, buildConsume(1, `key_${index}`));
  };
  return { identity, stub, consume };
}

/** Returns the last entry, and the entry that the table `entitlements` is the state after. */
const readSequences = (sql: SqlStorage) =>
  sql
    .exec<{ head: number; state: number }>(
      "SELECT (SELECT max(sequence) FROM ledger) AS head, state_sequence AS state FROM subject",
    )
    .one();

describe("the rows of a consume", () => {
  it("a consume writes two rows: its entry and the index of its key", async () => {
    const { stub, consume } = await customerWith(10);
    const { written } = await rowsTouched(stub, (subject) => consume(subject, 1));
    expect(written).toBe(2);
  });

  it("100 consumes write 200 rows, and their flush writes the entitlement once", async () => {
    const { stub, consume } = await customerWith(1_000);
    const consumed = await rowsTouched(stub, (subject) => consume(subject, 100));
    expect(consumed.written).toBe(200);
    const more = await rowsTouched(stub, async (subject) => {
      await consume(subject, 100, 100);
      await subject.wake();
    });
    // The entitlement, its index, and twice the object's row.
    expect(more.written).toBeLessThanOrEqual(200 + 5);
    await runInDurableObject(stub, (_, { storage }) => {
      expect(readSequences(storage.sql)).toEqual({ head: 201, state: 201 });
    });
    expect(await stub.verify()).toMatchObject({ ok: true, unflushed: 0 });
  });

  it("an object that stops before its flush has lost nothing when it wakes up", async () => {
    const { identity, stub, consume } = await customerWith(1_000);
    await runInDurableObject(stub, async (subject, state) => {
      await consume(subject as Subject, 7);
      expect(readSequences(state.storage.sql)).toEqual({ head: 8, state: 1 });
      const again = new Subject(state, env);
      expect((await again.read()).usageRemaining).toBe(993);
      expect(await again.consume(identity, buildConsume(1, "key_3"))).toMatchObject({ replayed: true });
      expect(await again.consume(identity, buildConsume(993, "rest"))).toMatchObject({ outcome: "consumed" });
      expect(await again.check()).toMatchObject({ decision: { allowed: false, reason: "usage_exhausted" } });
      expect(await again.verify()).toMatchObject({ ok: true, unflushed: 8 });
    });
  });

  it("an object that wakes up applies at most 500 entries, however long it was not flushed", async () => {
    const { stub, consume } = await customerWith(5_000);
    await runInDurableObject(stub, async (subject, state) => {
      for (const count of [499, 1, 700]) {
        await consume(subject as Subject, count, readSequences(state.storage.sql).head);
        await state.storage.deleteAlarm();
        const { head, state: written } = readSequences(state.storage.sql);
        expect(head - written).toBeLessThan(500);
      }
      const again = new Subject(state, env);
      expect((await again.read()).usageRemaining).toBe(3_800);
    });
  });

  it("an entry that can't be read after the stored state stops the object instead of giving units back", async () => {
    const { stub, consume } = await customerWith(10);
    await runInDurableObject(stub, async (subject, state) => {
      await consume(subject as Subject, 2);
      state.storage.sql.exec("UPDATE ledger SET body = '{' WHERE sequence = 3");
      const again = new Subject(state, env);
      await expect(again.check()).rejects.toThrow();
      state.storage.sql.exec("DELETE FROM ledger WHERE sequence = 3");
    });
  });

  it("tables that a later release wrote are refused, so that no old state is read from them", async () => {
    const { stub } = await customerWith(10);
    await runInDurableObject(stub, (_, state) => {
      state.storage.sql.exec("UPDATE subject SET schema_version = schema_version + 1");
      expect(() => new Subject(state, env)).toThrow(/this release knows version/);
      state.storage.sql.exec("UPDATE subject SET schema_version = schema_version - 1");
    });
  });
});
