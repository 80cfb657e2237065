import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { sql } from "../../scripts/deploy/sql.ts";

const rows = async (statement: string) => (await env.DB.prepare(statement).all()).results;

describe("the statements of the deployment commands, on a migrated database", () => {
  it("each read runs", async () => {
    for (const statement of [
      sql.listTables,
      sql.findOperatorsTable,
      sql.findOperator,
      sql.lastEvaluation,
      sql.newestEvents,
      sql.sealedByStripeKeys,
      sql.sealedByWebhookKeys,
    ])
      await expect(rows(statement)).resolves.toBeInstanceOf(Array);
    expect((await rows(sql.listMigrations)).length).toBeGreaterThan(10);
    expect(await rows(sql.findOperatorsTable)).toEqual([{ found: 1 }]);
  });

  it("one holder has the lock until it is released or has run out", async () => {
    await env.DB.prepare(sql.createLock).run();
    expect(await rows(sql.claimLock("dana 1"))).toEqual([{ holder: "dana 1" }]);
    expect(await rows(sql.claimLock("eve 2"))).toEqual([]);
    expect(await rows(sql.claimLock("dana 1"))).toEqual([{ holder: "dana 1" }]);
    expect(await rows(sql.readLock)).toMatchObject([{ holder: "dana 1" }]);
    await env.DB.prepare(sql.releaseLock("eve 2")).run();
    expect(await rows(sql.claimLock("eve 2"))).toEqual([]);
    await env.DB.prepare("UPDATE deploy_lock SET until = unixepoch() - 1").run();
    expect(await rows(sql.claimLock("eve 2"))).toEqual([{ holder: "eve 2" }]);
    await env.DB.prepare(sql.releaseLock("eve 2")).run();
    expect(await rows(sql.readLock)).toEqual([]);
  });

  it("no value can break out of its quotes", () => {
    expect(() => sql.claimLock("x'; DROP TABLE operators; --")).toThrow("not quotable");
  });
});
