import { expect, it, vi } from "vitest";
import { dataByNumber } from "../../shared/db/databases.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { idFloor, newId } from "../../shared/kit/ids.ts";
import { inSteps } from "../../shared/kit/in-steps.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { sweepRetention } from "../../workers/deliveries/sweeps/retention.ts";
import { deliveriesEnv, now } from "./endpoints.ts";
import { env } from "./subjects.ts";

const second = dataByNumber(env, 1);
const cronEnv = { ...deliveriesEnv, DATA_01: second } as unknown as DeliveriesEnv;

/** The ids of `count` rows: `before` and a number that keeps them in order. */
const numbered = (count: number) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;

/** Inserts `count` events with a delivery and two attempts each, all from `at`, in the second database. */
async function insertDeliveries(count: number, at: number): Promise<void> {
  const id = (prefix: "evt" | "dlv") => `'${idFloor(prefix, at).slice(0, 12)}' || printf('%016d', i)`;
  const [projectId, endpointId] = [newId("prj"), newId("ep")];
  await second.batch([
    second
      .prepare(
        `${numbered(count)} INSERT INTO events (event_id, project_id, mode, subject_ref, sequence, type, occurred_at,
           body, created_at)
         SELECT ${id("evt")}, ?1, 'test', 'user_1', i, 'access.changed', ?2, '{}', ?2 FROM n`,
      )
      .bind(projectId, at),
    second
      .prepare(
        `${numbered(count)} INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, subject_ref,
           event_type, state, created_at, updated_at)
         SELECT ${id("dlv")} || '_1', ${id("evt")}, ?3, ?1, 'test', 'user_1', 'access.changed', 'delivered', ?2, ?2 FROM n`,
      )
      .bind(projectId, at, endpointId),
    second.prepare(
      `${numbered(count)} INSERT INTO delivery_attempts (delivery_id, number, kind, started_at)
         SELECT ${id("dlv")} || '_1', number, 'scheduled', ${at} FROM n, (SELECT 1 AS number UNION SELECT 2)`,
    ),
  ]);
}

async function insertBulkJob(rows: number, at: number): Promise<void> {
  const jobId = idFloor("job", at);
  await second.batch([
    second
      .prepare(
        `${numbered(rows)} INSERT INTO bulk_job_rows (job_id, position, state) SELECT ?1, i, 'done' FROM n`,
      )
      .bind(jobId),
  ]);
}

const countOf = async (table: string) =>
  (await second.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n ?? -1;

it("a backlog is deleted in one run, in steps of 500 rows, and nothing younger", async () => {
  const at = await now();
  await insertDeliveries(3_200, at - 31 * dayMs);
  await insertDeliveries(40, at - 29 * dayMs);
  await insertBulkJob(1_000, at - 31 * dayMs);
  await second.batch([
    second.prepare(
      `${numbered(1_200)} INSERT INTO hourly_counts SELECT 'prj_1', 'test', 'checks', i * 3600000, '', 1 FROM n`,
    ),
  ]);
  const batch = vi.spyOn(Object.getPrototypeOf(second), "batch");
  const counts = await sweepRetention(cronEnv, 1);
  const results = await Promise.all(batch.mock.results.map(({ value }) => value as Promise<D1Result[]>));
  batch.mockRestore();
  expect(counts).toMatchObject({ deliveries: 3_200, events: 3_200, bulkJobRows: 1_000, hours: 1_200 });
  // Two attempts for each delivery.
  for (const { meta } of results.flat()) expect(meta.changes).toBeLessThanOrEqual(1_000);
  expect(await countOf("deliveries")).toBe(40);
  expect(await countOf("events")).toBe(40);
  expect(await countOf("delivery_attempts")).toBe(80);
  expect(await sweepRetention(cronEnv, 1)).toMatchObject({
    deliveries: 0,
    hours: 0,
  });
});

it("events that keep a replayed delivery hold up none after them", async () => {
  const at = await now();
  await insertDeliveries(600, at - 40 * dayMs);
  await second
    .prepare("UPDATE deliveries SET created_at = ?1 WHERE created_at < ?2")
    .bind(at, at - 35 * dayMs)
    .run();
  await insertDeliveries(700, at - 31 * dayMs);
  expect(await sweepRetention(cronEnv, 1)).toMatchObject({
    deliveries: 700,
    events: 700,
  });
});

it("inSteps ends after a step that is not full, after the last step and at its end, but not before its first", async () => {
  const endBy = Date.now() + 60_000;
  const step = (left: number) => {
    const state = { left };
    return async (limit: number) => {
      const removed = Math.min(limit, state.left);
      state.left -= removed;
      return { removed };
    };
  };
  expect(await inSteps(step(25), { limit: 10, max: 100, endBy })).toEqual({ removed: 25 });
  expect(await inSteps(step(25), { limit: 10, max: 2, endBy })).toEqual({ removed: 20 });
  expect(await inSteps(step(25), { limit: 10, max: 100, endBy: 0 })).toEqual({ removed: 10 });
});

it("rows that can't be deleted keep no others, and the sweep fails so that the overview names it", async () => {
  const at = await now();
  await insertDeliveries(10, at - 32 * dayMs);
  await second.batch([
    second.prepare("INSERT INTO hourly_counts VALUES ('prj_stuck', 'test', 'checks', 3600000, '', 1)"),
    second.prepare(
      `CREATE TRIGGER stuck BEFORE DELETE ON hourly_counts WHEN old.project_id = 'prj_stuck'
       BEGIN SELECT RAISE(ABORT, 'row is stuck'); END`,
    ),
  ]);
  try {
    await expect(sweepRetention(cronEnv, 1)).rejects.toThrow("row is stuck");
    const left = await second
      .prepare("SELECT count(*) AS n FROM deliveries WHERE created_at < ?1")
      .bind(at - 30 * dayMs)
      .first<number>("n");
    expect(left).toBe(0);
  } finally {
    await second.batch([
      second.prepare("DROP TRIGGER stuck"),
      second.prepare("DELETE FROM hourly_counts WHERE project_id = 'prj_stuck'"),
    ]);
  }
});
