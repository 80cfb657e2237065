import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { buildConsume, buildPack, buildPurchase, env, newSubject, restart } from "./subjects.ts";

/** Creates a flushed ledger of one grant and nine consumes, runs the SQL of `harm` on it, and verifies it. */
async function verifyAfter(harm: string) {
  const { identity, stub } = newSubject();
  await stub.applyStripe(identity, buildPurchase("verify", buildPack(100), Date.now()));
  for (let index = 1; index < 10; index++) await stub.consume(identity, buildConsume(index, `k${index}`));
  await stub.wake();
  expect(await stub.verify()).toMatchObject({ ok: true, entries: 10 });
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec(harm).toArray();
  });
  return stub.verify();
}

describe("verify", () => {
  it.each([
    ["an edited body", "UPDATE ledger SET body = replace(body, '-5', '-4') WHERE sequence = 6"],
    ["an edited time", "UPDATE ledger SET at = at + 1 WHERE sequence = 6"],
    ["an edited hash", "UPDATE ledger SET hash = hex(randomblob(32)) WHERE sequence = 6"],
    ["a moved idempotency key", "UPDATE ledger SET idempotency_key = 'elsewhere' WHERE sequence = 6"],
    ["a removed entry", "DELETE FROM ledger WHERE sequence = 6"],
    [
      "an entry with the body of the next one",
      "UPDATE ledger SET body = (SELECT other.body FROM ledger other WHERE other.sequence = 7) WHERE sequence = 6",
    ],
  ])("verify reports %s", async (_, harm) => {
    const { ok, findings } = await verifyAfter(harm);
    expect(ok).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ where: "ledger", sequence: 6 }));
  });

  it("verify reports a duplicated entry at its sequence", async () => {
    const { ok, findings } = await verifyAfter(
      "INSERT INTO ledger SELECT 11, at, hash, body, NULL FROM ledger WHERE sequence = 10",
    );
    expect(ok).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ where: "ledger", sequence: 11 }));
  });

  it("verify reports a truncated ledger by D1's anchor, which the hash chain alone can't show", async () => {
    const { ok, findings } = await verifyAfter("DELETE FROM ledger WHERE sequence > 8");
    expect(ok).toBe(false);
    expect(findings).toContainEqual(
      expect.objectContaining({
        where: "ledger",
        sequence: 9,
        message: expect.stringContaining("tail was cut"),
      }),
    );
  });

  it("verify reports an edited balance in the state after a restart", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("edited", buildPack(100), Date.now()));
    await stub.wake();
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE entitlements SET body = replace(body, 'Remaining\":100', 'Remaining\":101')");
    });
    const again = await restart(stub);
    const { ok, findings } = await again.verify();
    expect(ok).toBe(false);
    expect(findings).toContainEqual(expect.objectContaining({ where: "state" }));
  });
});

describe("verify during a flush", () => {
  it("verify reports no fault when a flush runs between its read of D1 and its ledger walk", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("flushed-meanwhile", buildPack(100), Date.now()));
    await stub.wake();
    await stub.consume(identity, buildConsume(1, "k1"));
    await runInDurableObject(stub, async (subject) => {
      const inside = subject as unknown as { env: typeof env };
      const { DB } = env;
      const batch: D1Database["batch"] = async (statements) => {
        const read = await DB.batch(statements);
        await subject.wake();
        return read as never;
      };
      const prepare = DB.prepare.bind(DB);
      inside.env = { ...inside.env, DB: { ...DB, prepare, batch } as D1Database };
      expect(await subject.verify()).toMatchObject({ ok: true, findings: [], entries: 2, unflushed: 0 });
    });
  });
});
