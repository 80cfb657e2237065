import { describe, expect, it, vi } from "vitest";
import { insertAccountWithProject } from "../../dev/entries/runtime/insert-project.ts";
import { createEndpoint } from "../../shared/contract/operations/endpoints.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import { buildAuditRow } from "../../shared/db/audit.ts";
import { forwardAudit } from "../../shared/db/audit-outbox.ts";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import { dataByNumber, dataOf, listDatabases } from "../../shared/db/databases.ts";
import { chooseDatabase, hasDatabaseOf } from "../../shared/db/place-project.ts";
import { databaseNumberOf, newId, newProjectId } from "../../shared/kit/ids.ts";
import { DependencyUnavailableError } from "../../shared/kit/timeout.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { runSweeps } from "../../workers/deliveries/sweeps/run-sweeps.ts";
import type { RuntimeEnv } from "../../workers/runtime/env.ts";
import { buildCronEnv, maintenance } from "./crons.ts";
import { getSubjectStub } from "./customers.ts";
import { deliveriesEnv, now } from "./endpoints.ts";
import { newAccount, newMember } from "./members.ts";
import { runAsActor } from "./operator-calls.ts";
import { buildConsume, buildPack, buildPurchase, env } from "./subjects.ts";

const second = dataByNumber(env, 1);
const limited = withD1Timeout(env);

/** Creates a project in the second data database, with an admin. */
async function newSecondProject() {
  const at = await now();
  const [accountId, projectId] = [newId("acc"), newProjectId(at, 1)];
  const times = { createdAt: at, updatedAt: at };
  await insertAccountWithProject(
    env.DB,
    { accountId, name: "a", planStatus: "active", planSyncedAt: at, ...times },
    { projectId, accountId, name: "p", region: "weur", ...times },
  );
  const place: Scope = { projectId, mode: "test" };
  return { place, admin: await newMember({ accountId, projectId }, "admin") };
}

const identityOf = (place: Scope, subjectRef = "user_1") =>
  ({ ...place, subjectRef, region: "weur" }) as const;

async function newCustomer(place: Scope) {
  const identity = identityOf(place);
  const stub = getSubjectStub(identity);
  await stub.applyStripe(identity, buildPurchase(place.projectId, buildPack(100), Date.now()));
  await stub.wake();
  return { identity, stub };
}

const countIn = (db: D1Database, table: string, { projectId }: Scope) =>
  db.prepare(`SELECT count(*) AS n FROM ${table} WHERE project_id = ?`).bind(projectId).first<number>("n");

/** A database that fails every call, as one that is full or does not answer. */
const broken = {
  prepare: () => {
    throw new Error("D1_ERROR: the database is full");
  },
  batch: () => Promise.reject(new Error("D1_ERROR: the database is full")),
} as unknown as D1Database;

/** `env` as the platform passes it, with another second database; without one for `undefined`. */
const withSecond = (database: D1Database | undefined) => {
  const { DATA_01: _, ...bindings } = { ...env } as unknown as RuntimeEnv & { DATA_01: D1Database };
  return withD1Timeout({
    ...bindings,
    ...(database === undefined ? {} : { DATA_01: database }),
  } as RuntimeEnv);
};

const auditColumns =
  "audit_id, account_id, project_id, mode, at, operator_id, operator_name, operator_email, action, target, before, after, ip_address";

describe("a project in the second data database", () => {
  it("a customer's copy, events and counts are there, and verify finds them", async () => {
    const { place } = await newSecondProject();
    const { identity, stub } = await newCustomer(place);
    await stub.consume(identity, buildConsume(5, "k1"));
    await stub.wake();
    for (const table of ["subjects", "entitlements", "events", "hourly_counts"]) {
      expect(await countIn(second, table, place), table).toBeGreaterThan(0);
      expect(await countIn(env.DB, table, place), table).toBe(0);
    }
    expect(await stub.verify()).toMatchObject({ ok: true, unflushed: 0 });
  });

  it("restored to an earlier moment, it is behind its objects: verify says so, and resync makes it current", async () => {
    const { place } = await newSecondProject();
    const { identity, stub } = await newCustomer(place);
    const saved = await second
      .prepare("SELECT units_remaining AS units, version FROM entitlements WHERE project_id = ?")
      .bind(place.projectId)
      .first<{ units: number; version: number }>();
    const anchor = await second
      .prepare("SELECT head_sequence AS sequence, head_hash AS hash FROM subjects WHERE project_id = ?")
      .bind(place.projectId)
      .first<{ sequence: number; hash: string }>();
    await stub.consume(identity, buildConsume(40, "k1"));
    await stub.wake();
    await second.batch([
      second
        .prepare("UPDATE entitlements SET units_remaining = ?2, version = ?3 WHERE project_id = ?1")
        .bind(place.projectId, saved?.units ?? 0, saved?.version ?? 0),
      second
        .prepare(
          "UPDATE subjects SET head_sequence = ?2, head_hash = ?3, units_spent = 0 WHERE project_id = ?1",
        )
        .bind(place.projectId, anchor?.sequence ?? 0, anchor?.hash ?? ""),
    ]);
    const found = await stub.verify();
    expect(found.ok).toBe(false);
    expect(found.findings.every(({ where }) => where === "d1")).toBe(true);
    expect((await stub.check()).decision).toMatchObject({ allowed: true });
    expect(await stub.resync()).toMatchObject({ ok: true });
    const after = await second
      .prepare("SELECT units_remaining AS units FROM entitlements WHERE project_id = ?")
      .bind(place.projectId)
      .first<number>("units");
    expect(after).toBe(60);
  });

  it("an operator's change has its audit entry in the log when the operation answers", async () => {
    const { place, admin } = await newSecondProject();
    const input = { endpointId: newId("ep"), url: "http://127.0.0.1:9/", description: "", eventTypes: [] };
    const host = { ...deliveriesEnv, DATA_01: second } as unknown as DeliveriesEnv;
    const reply = await runAsActor(
      { env: withD1Timeout(host), actor: admin.actor, now: await now() },
      createEndpoint,
      place,
      { ...input, eventTypes: ["purchase.finalized"] },
    );
    expect(reply).toMatchObject({ outcome: "done" });
    expect(await countIn(second, "endpoints", place)).toBe(1);
    expect(await countIn(env.DB, "audit_log", place)).toBe(1);
    expect(await countIn(second, "audit_outbox", place)).toBe(0);
  });

  it("an audit entry reaches the log once after a crash between the log and the outbox, and from overlapping sweeps", async () => {
    const { place, admin } = await newSecondProject();
    const { identity, stub } = await newCustomer(place);
    const action = { type: "grant" as const, productCode: "CREDITS", kind: "usage_pack" as const, units: 5 };
    const row = buildAuditRow({
      actor: admin.actor,
      at: await now(),
      action: "customer.grant",
      target: "user_1",
      ...place,
      after: action,
    });
    await stub.applyManual(identity, {
      actionId: newId("req"),
      action: { ...action, durationDays: null, expiresAt: null },
      requestHash: "h",
      fingerprint: null,
      actor: { operatorId: admin.actor.operatorId, name: admin.actor.name },
      reason: "goodwill: sorry",
      audit: JSON.stringify(row),
    });
    await stub.wake();
    // The flush moves it to the log at once.
    expect(await countIn(env.DB, "audit_log", place)).toBe(1);
    expect(await countIn(second, "audit_outbox", place)).toBe(0);
    const { results } = await env.DB.prepare(`SELECT ${auditColumns} FROM audit_log WHERE project_id = ?`)
      .bind(place.projectId)
      .all();
    const values = Object.values(results[0] ?? {});
    // As a crash leaves it: in both.
    await second
      .prepare(`INSERT INTO audit_outbox (${auditColumns}) VALUES (${values.map(() => "?").join(", ")})`)
      .bind(...values)
      .run();
    const dies = {
      prepare: (sql: string) =>
        sql.startsWith("DELETE") ? (broken.prepare(sql) as D1PreparedStatement) : second.prepare(sql),
    } as unknown as D1Database;
    await expect(forwardAudit(withSecond(dies), 1)).rejects.toThrow();
    expect(await countIn(env.DB, "audit_log", place)).toBe(1);
    expect(await countIn(second, "audit_outbox", place)).toBe(1);
    await Promise.all([forwardAudit(limited, 1), forwardAudit(limited, 1)]);
    expect(await countIn(env.DB, "audit_log", place)).toBe(1);
    expect(await countIn(second, "audit_outbox", place)).toBe(0);
  });
});

describe("a data database that does not answer", () => {
  it("holds up no sweep of another database, and is named as the trouble of the sweeps there", async () => {
    const swept: string[] = [];
    const cron = buildCronEnv({
      sweep: async (...call: unknown[]) => {
        const [name, database] = call as [string, number];
        swept.push(`${name} ${database}`);
        if (database === 1) throw new Error("D1_ERROR: the database is full");
        return {};
      },
      send: vi.fn(),
    });
    const host = withD1Timeout({ ...cron, DATA_01: broken } as unknown as DeliveriesEnv);
    const results = await runSweeps(host, () => undefined);
    expect(results["retention"]).not.toHaveProperty("error");
    expect(results["deliveries"]).not.toHaveProperty("error");
    expect(results["retention in DATA_01"]).toMatchObject({ error: expect.stringContaining("full") });
    expect(swept).toContain("inbox 0");
    expect(swept).toContain("inbox 1");
    expect(swept).toContain("keyrings 0");
    expect(swept).not.toContain("keyrings 1");
    const { results: troubles } = await env.DB.prepare(
      "SELECT sweep FROM sweep_troubles WHERE error IS NOT NULL",
    ).all<{ sweep: string }>();
    const names = troubles.map(({ sweep }) => sweep);
    expect(names).toContain("inbox in DATA_01");
    expect(names).not.toContain("inbox");
  });

  it("fails requests of the projects in it only", async () => {
    const bad = withSecond(broken);
    const own = dataOf(bad, { projectId: newProjectId(0, 1) });
    await expect(async () => own.prepare("SELECT 1").first()).rejects.toThrow();
    expect(
      await dataOf(bad, { projectId: newId("prj") })
        .prepare("SELECT 1 AS one")
        .first("one"),
    ).toBe(1);
  });
});

describe("placing projects", () => {
  it("a new project is placed where the fewest are, among the databases that the worker has", async () => {
    expect(listDatabases(limited)).toEqual([0, 1]);
    const { results } = await env.DB.prepare("SELECT project_id AS id FROM projects").all<{ id: string }>();
    const inSecond = results.filter(({ id }) => databaseNumberOf(id) === 1).length;
    const ahead = 2 * inSecond - results.length;
    for (let count = 0; count <= ahead; count++) await newAccount();
    expect(await chooseDatabase(limited)).toBe(1);
    expect(await chooseDatabase(withSecond(undefined))).toBe(0);
    for (let count = 0; count <= Math.max(0, -ahead) + 1; count++) await newSecondProject();
    expect(await chooseDatabase(limited)).toBe(0);
  });

  it("a worker of an older version lacks the database: the request fails and can be repeated, and nothing is stored", async () => {
    const older = withSecond(undefined);
    const projectId = newProjectId(0, 1);
    expect(hasDatabaseOf(older, projectId)).toBe(false);
    expect(hasDatabaseOf(limited, projectId)).toBe(true);
    expect(() => dataOf(older, { projectId })).toThrow(DependencyUnavailableError);
    try {
      dataOf(older, { projectId });
    } catch (error) {
      expect((error as Error).cause).toMatchObject({
        message: "this worker has no binding DATA_01: deploy it again",
      });
    }
  });
});

it("the sweeps of the second database run in the runtime", async () => {
  const { place } = await newSecondProject();
  await newCustomer(place);
  expect(await maintenance.sweep("storage", 1)).toEqual({ filling: 0 });
  expect(await second.prepare("SELECT bytes FROM storage_sizes").first("bytes")).toBeGreaterThan(0);
  expect(await maintenance.sweep("termsRollouts", 1)).toEqual({ visited: 0 });
});
