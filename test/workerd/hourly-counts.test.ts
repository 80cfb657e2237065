import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { deleteOldHourlyCounts } from "../../workers/deliveries/db/retention.ts";
import { moveAccessAlong } from "../../workers/runtime/db/customer-summary.ts";
import { eventually } from "../eventually.ts";
import { newEndpoint, newScope, now } from "./endpoints.ts";
import { buildConsume, buildPack, buildPass, buildPurchase, env, newSubject } from "./subjects.ts";

const hourMs = 3_600_000;

interface Count {
  hour: number;
  detail: string;
  value: number;
}

/** Returns the counts of a metric, without those that went back to zero. */
async function countsOf({ projectId }: { projectId: string }, metric: string): Promise<Count[]> {
  const { results } = await env.DB.prepare(
    `SELECT hour, detail, value FROM hourly_counts
     WHERE project_id = ? AND mode = 'test' AND metric = ? AND value <> 0 ORDER BY hour, detail`,
  )
    .bind(projectId, metric)
    .all<Count>();
  return results;
}

const totalOf = async (scope: { projectId: string }, metric: string) =>
  (await countsOf(scope, metric)).reduce((sum, { hour, value }) => sum + (hour === 0 ? 0 : value), 0);

const flushed = async (stub: ReturnType<typeof newSubject>["stub"]) => {
  await stub.wake();
  await eventually(async () => expect((await stub.verify()).unflushed).toBe(0));
};

/** Returns the units that the ledger of the object says were spent, by hour. */
const spentByLedger = (stub: ReturnType<typeof newSubject>["stub"]): Promise<Count[]> =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ hour: number; detail: string; value: number }>(
        `SELECT at - at % 3600000 AS hour, '' AS detail, -sum(moved.value ->> 'change') AS value
         FROM ledger, json_each(body -> '$.touched') AS touched, json_each(touched.value -> 'units') AS moved
         WHERE body ->> '$.operation' = 'consume' GROUP BY 1 ORDER BY 1`,
      )
      .toArray(),
  );

describe("credits spent", () => {
  it("the count equals the ledger after flushes that are repeated, lost or rebuilt", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("spent", buildPack(1_000), await now()));
    for (const units of [5, 7, 11]) {
      await stub.consume(identity, buildConsume(units, `k${units}`));
      await stub.consume(identity, buildConsume(units, `k${units}`));
      await flushed(stub);
    }
    expect(await countsOf(identity, "credits")).toEqual(await spentByLedger(stub));
    expect(await totalOf(identity, "credits")).toBe(23);

    // The state that a crash leaves after D1 took the rows, with one more consume before the next flush.
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE subject SET flushed_sequence = 2, spent_units = 5");
    });
    await stub.consume(identity, buildConsume(100, "after the crash"));
    await flushed(stub);
    expect(await totalOf(identity, "credits")).toBe(123);
    await stub.resync();
    expect(await totalOf(identity, "credits")).toBe(123);
    expect(await countsOf(identity, "credits")).toEqual(await spentByLedger(stub));
  });

  it("units are counted in the hour in which they were spent, whenever D1 gets them", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("hours", buildPack(1_000), await now()));
    await flushed(stub);
    await stub.consume(identity, buildConsume(3, "early"));
    await env.DEV.advance(2 * hourMs);
    await stub.consume(identity, buildConsume(4, "late"));
    await flushed(stub);
    const byHour = await spentByLedger(stub);
    expect(byHour.map(({ value }) => value)).toEqual([3, 4]);
    expect(await countsOf(identity, "credits")).toEqual(byHour);
  });

  it("a row that D1 lost is counted again from the object, and only what D1 lacks", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("lost", buildPack(100), await now()));
    await stub.consume(identity, buildConsume(10, "a"));
    await flushed(stub);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM subjects WHERE project_id = ?").bind(identity.projectId),
      env.DB.prepare("DELETE FROM hourly_counts WHERE project_id = ?").bind(identity.projectId),
    ]);
    await stub.consume(identity, buildConsume(2, "b"));
    await flushed(stub);
    expect(await totalOf(identity, "credits")).toBe(12);
  });
});

describe("paid volume", () => {
  it("the count equals what customers paid, by currency, and a flush that is repeated adds nothing", async () => {
    const { identity, stub } = newSubject();
    const pay = async (name: string) =>
      stub.applyStripe(identity, buildPurchase(name, buildPack(1), await now()));
    await pay("one");
    await pay("one");
    await pay("two");
    await flushed(stub);
    await stub.resync();
    const counts = await countsOf(identity, "paid");
    expect(counts.map(({ detail }) => detail)).toEqual(["eur"]);
    expect(await totalOf(identity, "paid")).toBe(9_800);
    const row = await env.DB.prepare("SELECT paid FROM subjects WHERE project_id = ?")
      .bind(identity.projectId)
      .first<{ paid: string }>();
    expect(JSON.parse(row?.paid ?? "")).toEqual([{ currency: "eur", amount: 9_800 }]);
  });
});

describe("customers with access", () => {
  const ofAccess = async (scope: { projectId: string }) => {
    const counts = await countsOf(scope, "access");
    const now = counts.find(({ hour }) => hour === 0)?.value ?? 0;
    const row = await env.DB.prepare(
      "SELECT count(*) AS count FROM subjects WHERE project_id = ? AND access = 'allowed'",
    )
      .bind(scope.projectId)
      .first<{ count: number }>();
    expect(now).toBe(row?.count);
    expect(await totalOf(scope, "access")).toBe(now);
    return now;
  };

  it("the count follows grants, the clock and a rebuilt copy", async () => {
    const { identity, stub } = newSubject();
    const start = await now();
    await stub.applyStripe(identity, buildPurchase("pass", buildPass(1), start));
    await flushed(stub);
    expect(await ofAccess(identity)).toBe(1);
    expect(await moveAccessAlong(env.DB, start + 2 * dayMs, 10_000)).toBeGreaterThan(0);
    expect(await ofAccess(identity)).toBe(0);
    const lost = (await countsOf(identity, "access")).find(({ value }) => value < 0);
    expect(lost?.hour).toBe(start + dayMs - ((start + dayMs) % hourMs));
    await stub.resync();
    expect(await ofAccess(identity)).toBe(1);
  });
});

describe("deliveries", () => {
  it("the counts equal the rows after any changes of state", async () => {
    const scope = newScope();
    await newEndpoint(scope);
    const state = fc.constantFrom("pending", "failed", "sent", "dead");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(4), state), { maxLength: 25 }), async (changes) => {
        const at = await now();
        for (const [index, to] of changes) {
          const id = `dlv_${scope.projectId.slice(4)}${index}`;
          await env.DB.batch([
            env.DB.prepare(
              `INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, event_type, state,
                 created_at, updated_at)
               VALUES (?1, 'evt_1', 'ep_1', ?2, 'test', 'purchase.finalized', 'pending', ?3, ?3) ON CONFLICT DO NOTHING`,
            ).bind(id, scope.projectId, at - index * hourMs),
            env.DB.prepare("UPDATE deliveries SET state = ?2 WHERE delivery_id = ?1").bind(id, to),
          ]);
        }
        const { results } = await env.DB.prepare(
          `SELECT created_at - created_at % 3600000 AS hour,
             CASE state WHEN 'sent' THEN 'delivered' ELSE 'failed' END AS detail, count(*) AS value
           FROM deliveries WHERE project_id = ? AND state <> 'pending' GROUP BY 1, 2 ORDER BY 1, 2`,
        )
          .bind(scope.projectId)
          .all<Count>();
        expect(await countsOf(scope, "deliveries")).toEqual(results);
      }),
      { numRuns: 15 },
    );
  });
});

describe("retention", () => {
  it("removes old hours and keeps the number of customers with access", async () => {
    const { projectId } = newScope();
    const insert = (hour: number) =>
      env.DB.prepare("INSERT INTO hourly_counts VALUES (?1, 'test', 'access', ?2, '', 1)").bind(
        projectId,
        hour,
      );
    await env.DB.batch([insert(0), insert(hourMs), insert(10 * hourMs)]);
    await deleteOldHourlyCounts(env.DB, 2 * hourMs, 100);
    expect((await countsOf({ projectId }, "access")).map(({ hour }) => hour)).toEqual([0, 10 * hourMs]);
  });
});
