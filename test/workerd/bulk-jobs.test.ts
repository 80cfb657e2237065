import { exports } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { describe, expect, it } from "vitest";
import {
  createBulkJob,
  previewBulkJobAgain,
  startBulkJob,
  stopBulkJob,
  undoBulkJob,
} from "../../shared/contract/operations/bulk-jobs.ts";
import { applyAction, eraseCustomer, readCustomer } from "../../shared/contract/operations/customers.ts";
import type { InputOf } from "../../shared/contract/operations/operation.ts";
import { type BulkJobRow, readBulkJob } from "../../shared/db/bulk-jobs.ts";
import { products } from "../../shared/db/tables/configuration.ts";
import { newId } from "../../shared/kit/ids.ts";
import { deleteOldBulkJobs } from "../../workers/deliveries/db/retention.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { sweepBulkJobs } from "../../workers/deliveries/sweeps/bulk-jobs.ts";
import type { RuntimeEnv } from "../../workers/runtime/env.ts";
import { runBulkJob, runBulkPage } from "../../workers/runtime/jobs/run-bulk-job.ts";
import type { MaintenanceEntrypoint } from "../../workers/runtime/maintenance-entrypoint.ts";
import { now } from "./connected-project.ts";
import { type Customers, getSubjectStub, newCustomers } from "./customers.ts";
import { keyOf } from "./databases.ts";
import { newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { buildConsume, env } from "./subjects.ts";

const { MaintenanceEntrypoint: maintenance } = exports as unknown as {
  MaintenanceEntrypoint: MaintenanceEntrypoint;
};

type Action = InputOf<typeof createBulkJob>["action"];

const reason = { reason: "incident" as const, text: "Outage of 28 November" };
const grant: Action = {
  type: "grant",
  productCode: "CREDITS",
  units: 50,
  durationDays: null,
  expiresAt: null,
};

/** Customers `user_1`, …, each with a pack of 100 credits, and the product that they bought. */
async function newSubscribers(count: number) {
  const customers = await newCustomers(count);
  await drizzle(env.DB)
    .insert(products)
    .values({
      ...customers.place,
      productCode: "CREDITS",
      name: "Credits",
      kind: "usage_pack",
      units: 50,
      stripePriceId: "price_1",
      createdAt: 0,
      updatedAt: 0,
    });
  return { ...customers, support: await newMember(customers.account, "support") };
}
type Subscribers = Awaited<ReturnType<typeof newSubscribers>>;

const refs = (count: number) => Array.from({ length: count }, (_, index) => `user_${index + 1}`);

const spend = (customers: Customers, subjectRef: string, units: number) =>
  getSubjectStub(customers.named(subjectRef)).consume(
    customers.named(subjectRef),
    buildConsume(units, "spent"),
  );

async function statusOf({ place }: Customers, jobId: string) {
  const job = await readBulkJob(env.DB, place, jobId);
  if (job === null) throw new Error("no such job");
  return job.status;
}

async function rowsOf(jobId: string) {
  const { results } = await env.DB.prepare("SELECT * FROM bulk_job_rows WHERE job_id = ? ORDER BY position")
    .bind(jobId)
    .all<
      Pick<BulkJobRow, "state" | "before" | "after" | "units" | "message" | "sequence"> & {
        subject_ref: string;
      }
    >();
  return results;
}

const statesOf = async (jobId: string) => (await rowsOf(jobId)).map(({ state }) => state);

async function settled(customers: Customers, jobId: string, status: string) {
  await expect.poll(() => statusOf(customers, jobId)).toBe(status);
}

async function created(customers: Subscribers, subjectRefs: string[], action: Action = grant) {
  const jobId = newId("job");
  const { caller } = customers.support;
  const reply = await run(createBulkJob, caller, customers.place, { jobId, subjectRefs, action, ...reason });
  expect(reply).toEqual({ outcome: "done", jobId });
  await settled(customers, jobId, "ready");
  return jobId;
}

async function started({ place, support }: Subscribers, jobId: string, round = 0) {
  return run(startBulkJob, support.caller, place, { jobId, round });
}

async function finished(customers: Subscribers, jobId: string, round = 0) {
  expect(await started(customers, jobId, round)).toEqual({ outcome: "done" });
  await settled(customers, jobId, "finished");
}

async function undone(customers: Subscribers, undoes: string) {
  const jobId = newId("job");
  expect(await run(undoBulkJob, customers.support.caller, customers.place, { jobId, undoes })).toEqual({
    outcome: "done",
    jobId,
  });
  await settled(customers, jobId, "ready");
  return jobId;
}

async function viewOf({ place, support }: Subscribers, subjectRef: string) {
  const page = { subjectRef, before: null, limit: 200, withProfile: false };
  const reply = await run(readCustomer, support.caller, place, page);
  if (reply.outcome !== "done") throw new Error(reply.message);
  return reply.customer;
}

/** Sets a job running that no worker begins, as after a crash of its first turn. */
async function orphaned(jobId: string) {
  await env.DB.prepare("UPDATE bulk_jobs SET status = 'running', lease_until = 0 WHERE job_id = ?")
    .bind(jobId)
    .run();
}

/** The runtime's bindings with a D1 that fails the statements with `text`. */
function envFailing(text: string): RuntimeEnv {
  const DB = new Proxy(env.DB, {
    get(db, key) {
      if (key === "prepare")
        return (query: string) => {
          if (query.includes(text)) throw new Error("the worker died");
          return db.prepare(query);
        };
      const value = Reflect.get(db, key) as unknown;
      return typeof value === "function" ? value.bind(db) : value;
    },
  });
  return { ...env, DB } as unknown as RuntimeEnv;
}

describe("bulk job", () => {
  it("a grant to many is previewed in full, applied once per customer, and undone as a whole", async () => {
    const customers = await newSubscribers(30);
    await spend(customers, "user_2", 100);
    const jobId = await created(customers, [...refs(30), "user_1", "nobody_1", "\u0007bell"]);
    const rows = await rowsOf(jobId);
    expect(rows).toHaveLength(32);
    expect(rows[0]).toMatchObject({ state: "ready", before: "allowed", after: "allowed", units: 50 });
    expect(rows[1]).toMatchObject({ state: "ready", before: "usage_exhausted", after: "allowed", units: 50 });
    expect(rows.slice(30).map(({ state }) => state)).toEqual(["unknown", "unknown"]);
    expect((await viewOf(customers, "user_2")).decision.allowed).toBe(false);

    await finished(customers, jobId);
    for (const subjectRef of refs(30)) {
      const { entries } = await viewOf(customers, subjectRef);
      expect(entries.filter(({ operation }) => operation === "manual_grant")).toHaveLength(1);
    }
    expect((await viewOf(customers, "user_2")).decision.allowed).toBe(true);
    expect((await viewOf(customers, "nobody_1")).exists).toBe(false);

    const undo = await undone(customers, jobId);
    await finished(customers, undo);
    expect(new Set(await statesOf(undo))).toEqual(new Set(["done"]));
    expect(await viewOf(customers, "user_2")).toMatchObject({
      usageRemaining: 0,
      decision: { allowed: false },
    });
    expect(await viewOf(customers, "user_3")).toMatchObject({
      usageRemaining: 100,
      decision: { allowed: true },
    });
  });

  it("every action of a job is in the audit log with its operator", async () => {
    const customers = await newSubscribers(2);
    const jobId = await created(customers, refs(2));
    await finished(customers, jobId);
    for (const subjectRef of refs(2)) await getSubjectStub(customers.named(subjectRef)).wake();
    const { results } = await env.DB.prepare(
      "SELECT action, target, operator_id AS operatorId FROM audit_log WHERE project_id = ? ORDER BY action, target",
    )
      .bind(customers.place.projectId)
      .all();
    const { operatorId } = customers.support.actor;
    expect(results).toEqual([
      { action: "bulk_job.create", target: jobId, operatorId },
      { action: "bulk_job.start", target: jobId, operatorId },
      { action: "customer.grant", target: "user_1", operatorId },
      { action: "customer.grant", target: "user_2", operatorId },
    ]);
  });

  it("a worker that dies between an action and its result applies nothing twice", async () => {
    const customers = await newSubscribers(3);
    const jobId = await created(customers, refs(3));
    await orphaned(jobId);
    await expect(runBulkPage(envFailing("UPDATE bulk_job_rows SET state"), keyOf(jobId))).rejects.toThrow(
      "the worker died",
    );
    expect(await viewOf(customers, "user_1")).toMatchObject({ usageRemaining: 150 });
    expect(await statesOf(jobId)).toEqual(["ready", "ready", "ready"]);
    expect(await runBulkJob(env, keyOf(jobId))).toBe(false);
    expect(await statesOf(jobId)).toEqual(["done", "done", "done"]);
    for (const subjectRef of refs(3))
      expect(await viewOf(customers, subjectRef)).toMatchObject({ usageRemaining: 150, headSequence: 2 });
  });

  it("a job without a living worker is continued by one of two overlapping sweeps", async () => {
    const customers = await newSubscribers(4);
    const jobId = await created(customers, refs(4));
    await orphaned(jobId);
    const deliveriesEnv = { ...env, RUNTIME: maintenance } as unknown as DeliveriesEnv;
    const work: Promise<void>[] = [];
    const counts = await Promise.all([
      sweepBulkJobs(deliveriesEnv, 0, (turn) => work.push(turn)),
      sweepBulkJobs(deliveriesEnv, 0, (turn) => work.push(turn)),
    ]);
    expect(counts.map(({ jobs }) => jobs).toSorted()).toEqual([0, 1]);
    await Promise.all(work);
    expect(await statusOf(customers, jobId)).toBe("finished");
    expect(await statesOf(jobId)).toEqual(["done", "done", "done", "done"]);
  });

  it("two workers with the same job act once on each customer", async () => {
    const customers = await newSubscribers(45);
    const jobId = await created(customers, refs(45));
    await orphaned(jobId);
    await Promise.all([runBulkJob(env, keyOf(jobId)), runBulkJob(env, keyOf(jobId))]);
    expect(new Set(await statesOf(jobId))).toEqual(new Set(["done"]));
    for (const subjectRef of ["user_1", "user_25", "user_45"])
      expect(await viewOf(customers, subjectRef)).toMatchObject({ usageRemaining: 150, headSequence: 2 });
  });

  it("a job that is stopped in the middle leaves the rest, and continues from there", async () => {
    const customers = await newSubscribers(25);
    const { place, support } = customers;
    const jobId = await created(customers, refs(25));
    await orphaned(jobId);
    await runBulkPage(env, keyOf(jobId));
    expect(await run(stopBulkJob, support.caller, place, { jobId })).toEqual({ outcome: "done" });
    expect(await runBulkJob(env, keyOf(jobId))).toBe(false);
    const states = await statesOf(jobId);
    expect(states.filter((state) => state === "done")).toHaveLength(20);
    expect(states.filter((state) => state === "ready")).toHaveLength(5);
    expect(await viewOf(customers, "user_25")).toMatchObject({ usageRemaining: 100 });

    await finished(customers, jobId);
    expect(await viewOf(customers, "user_25")).toMatchObject({ usageRemaining: 150 });
    expect(await viewOf(customers, "user_1")).toMatchObject({ usageRemaining: 150 });
  });

  it("the undo of a half-run job reverts only what was done", async () => {
    const customers = await newSubscribers(25);
    const jobId = await created(customers, refs(25));
    await orphaned(jobId);
    await runBulkPage(env, keyOf(jobId));
    const { place, support } = customers;
    expect(
      await run(undoBulkJob, support.caller, place, { jobId: newId("job"), undoes: jobId }),
    ).toMatchObject({
      outcome: "refused",
      message: "This job is running. Stop it first.",
    });
    await run(stopBulkJob, support.caller, place, { jobId });
    const undo = await undone(customers, jobId);
    expect(await rowsOf(undo)).toHaveLength(20);
    await finished(customers, undo);
    for (const subjectRef of ["user_1", "user_20", "user_25"])
      expect(await viewOf(customers, subjectRef)).toMatchObject({ usageRemaining: 100 });
  });

  it("an entry that was undone already or can't be undone any more is listed and left", async () => {
    const customers = await newSubscribers(3);
    const { place, support } = customers;
    const adjust: Action = { type: "adjust", productCode: "CREDITS", how: "add", units: 10 };
    const jobId = await created(customers, refs(3), adjust);
    await finished(customers, jobId);
    const [first] = await rowsOf(jobId);
    const form = { type: "undo" as const, sequence: first?.sequence ?? 0 };
    await getSubjectStub(customers.named("user_1")).applyManual(customers.named("user_1"), {
      actionId: "an_undo_on_the_page",
      requestHash: "",
      action: form,
      fingerprint: null,
      actor: { operatorId: support.actor.operatorId, name: "s" },
      reason: "other: x",
      audit: null,
    });
    // Spent: the ten units can't be taken back.
    await spend(customers, "user_2", 105);
    const undo = await undone(customers, jobId);
    expect((await rowsOf(undo)).map(({ state, message }) => [state, message])).toEqual([
      ["refused", "This action was already undone."],
      ["refused", expect.stringContaining("Only 5 credits are left")],
      ["ready", null],
    ]);
    await finished(customers, undo);
    expect(await viewOf(customers, "user_1")).toMatchObject({ usageRemaining: 100 });
    expect(await viewOf(customers, "user_3")).toMatchObject({ usageRemaining: 100 });
    expect(
      await run(undoBulkJob, support.caller, place, { jobId: newId("job"), undoes: undo }),
    ).toMatchObject({
      outcome: "refused",
    });
  });

  it("a customer who changed since the preview is left until the operator continues", async () => {
    const customers = await newSubscribers(3);
    const jobId = await created(customers, refs(3));
    await spend(customers, "user_2", 100);
    await finished(customers, jobId);
    const rows = await rowsOf(jobId);
    expect(rows.map(({ state }) => state)).toEqual(["done", "changed", "done"]);
    expect(rows[1]).toMatchObject({ before: "usage_exhausted", after: "allowed", sequence: null });
    expect(await viewOf(customers, "user_2")).toMatchObject({ usageRemaining: 0 });

    const { place, support } = customers;
    expect(await run(previewBulkJobAgain, support.caller, place, { jobId })).toEqual({ outcome: "done" });
    await settled(customers, jobId, "ready");
    expect(await started(customers, jobId, 0)).toMatchObject({ outcome: "refused", reason: "conflict" });
    await finished(customers, jobId, 1);
    expect(await statesOf(jobId)).toEqual(["done", "done", "done"]);
    expect(await viewOf(customers, "user_2")).toMatchObject({ usageRemaining: 50 });
    expect(await viewOf(customers, "user_1")).toMatchObject({ usageRemaining: 150 });
  });

  it("a grant is left when its product was edited since the preview", async () => {
    const customers = await newSubscribers(1);
    const jobId = await created(customers, refs(1), { ...grant, units: null });
    await env.DB.prepare("UPDATE products SET units = 9000 WHERE project_id = ?")
      .bind(customers.place.projectId)
      .run();
    await finished(customers, jobId);
    expect(await statesOf(jobId)).toEqual(["changed"]);
    expect(await viewOf(customers, "user_1")).toMatchObject({ usageRemaining: 100 });
  });

  it("two operators who start the same preview run it once", async () => {
    const customers = await newSubscribers(5);
    const other = await newMember(customers.account, "admin");
    const jobId = await created(customers, refs(5));
    const replies = await Promise.all([
      started(customers, jobId),
      run(startBulkJob, other.caller, customers.place, { jobId, round: 0 }),
    ]);
    for (const reply of replies) if (reply.outcome === "refused") expect(reply.message).toMatch(/sent twice/);
    await settled(customers, jobId, "finished");
    for (const subjectRef of refs(5))
      expect(await viewOf(customers, subjectRef)).toMatchObject({ usageRemaining: 150, headSequence: 2 });
    const { results } = await env.DB.prepare(
      "SELECT 1 FROM audit_log WHERE target = ? AND action = 'bulk_job.start'",
    )
      .bind(jobId)
      .all();
    expect(results).toHaveLength(1);
  });

  it("a form that is sent twice creates one job with the first list", async () => {
    const customers = await newSubscribers(2);
    const jobId = await created(customers, ["user_1"]);
    const input = { jobId, subjectRefs: refs(2), action: grant, ...reason };
    expect(await run(createBulkJob, customers.support.caller, customers.place, input)).toMatchObject({
      jobId,
    });
    expect(await rowsOf(jobId)).toHaveLength(1);
  });

  it("a job stops when its operator loses the role, and continues when only the session ends", async () => {
    const customers = await newSubscribers(2);
    const { operatorId } = customers.support.actor;
    const jobId = await created(customers, refs(2));
    await orphaned(jobId);
    const setRole = (role: string) =>
      env.DB.prepare("UPDATE members SET role = ? WHERE operator_id = ?").bind(role, operatorId).run();
    await setRole("viewer");
    await runBulkJob(env, keyOf(jobId));
    expect(await readBulkJob(env.DB, customers.place, jobId)).toMatchObject({
      status: "stopped",
      stopReason: "support may not act here any more.",
    });
    expect(await statesOf(jobId)).toEqual(["ready", "ready"]);
    await setRole("support");
    await orphaned(jobId);
    await env.DB.prepare("DELETE FROM operator_sessions WHERE operator_id = ?").bind(operatorId).run();
    await runBulkJob(env, keyOf(jobId));
    expect(await statesOf(jobId)).toEqual(["done", "done"]);
  });

  it("a viewer creates, starts, stops and undoes no job", async () => {
    const customers = await newSubscribers(1);
    const { caller } = await newMember(customers.account, "viewer");
    const { place } = customers;
    const jobId = await created(customers, ["user_1"]);
    const replies = [
      await run(createBulkJob, caller, place, {
        jobId: newId("job"),
        subjectRefs: ["user_1"],
        action: grant,
        ...reason,
      }),
      await run(startBulkJob, caller, place, { jobId, round: 0 }),
      await run(stopBulkJob, caller, place, { jobId }),
      await run(previewBulkJobAgain, caller, place, { jobId }),
      await run(undoBulkJob, caller, place, { jobId: newId("job"), undoes: jobId }),
    ];
    for (const reply of replies) expect(reply).toMatchObject({ outcome: "refused", reason: "not_allowed" });
  });

  it("a job of another account or mode is unknown", async () => {
    const customers = await newSubscribers(1);
    const strangers = await newSubscribers(1);
    const jobId = await created(customers, ["user_1"]);
    for (const place of [strangers.place, { ...customers.place, mode: "live" as const }]) {
      const { caller } = place === strangers.place ? strangers.support : customers.support;
      expect(await run(startBulkJob, caller, place, { jobId, round: 0 })).toMatchObject({
        reason: "not_found",
      });
      expect(await run(undoBulkJob, caller, place, { jobId: newId("job"), undoes: jobId })).toMatchObject({
        reason: "not_found",
      });
    }
  });

  it("revokes the only entitlement of a product, and leaves customers with none or several", async () => {
    const customers = await newSubscribers(3);
    const { place, support } = customers;
    await finished(customers, await created(customers, ["user_2"]));
    await getSubjectStub(customers.named("user_2")).wake();
    const revoke: Action = { type: "revoke", productCode: "CREDITS" };
    await finished(customers, await created(customers, ["user_3"], revoke));
    await getSubjectStub(customers.named("user_3")).wake();
    const jobId = await created(customers, refs(3), revoke);
    expect((await rowsOf(jobId)).map(({ state, message }) => [state, message])).toEqual([
      ["ready", null],
      ["refused", expect.stringContaining("2 current entitlements of CREDITS")],
      ["refused", "No current entitlement of CREDITS."],
    ]);
    await finished(customers, jobId);
    expect(await viewOf(customers, "user_1")).toMatchObject({
      decision: { allowed: false, reason: "revoked" },
    });
    await finished(customers, await undone(customers, jobId));
    expect(await viewOf(customers, "user_1")).toMatchObject({
      usageRemaining: 100,
      decision: { allowed: true },
    });
    expect(await run(applyAction, support.caller, place, {} as never)).toMatchObject({ outcome: "refused" });
  });

  it("an erased customer gets nothing and is named in no job", async () => {
    const customers = await newSubscribers(2);
    const { account, place } = customers;
    const jobId = await created(customers, refs(2));
    const { caller } = await newMember(account, "owner");
    const erasure = { subjectRef: "user_1", confirmation: "user_1", erasureId: newId("ers"), ...reason };
    expect(await run(eraseCustomer, caller, place, erasure)).toMatchObject({ outcome: "done" });
    await expect
      .poll(async () => (await rowsOf(jobId))[0])
      .toMatchObject({ state: "erased", subject_ref: null });
    await finished(customers, jobId);
    expect(await statesOf(jobId)).toEqual(["erased", "done"]);
    expect(await statesOf(await created(customers, refs(2)))).toEqual(["erased", "ready"]);
  });

  it("customers that do not answer count as failed after three attempts, and a new preview settles them", async () => {
    const customers = await newSubscribers(2);
    const { place, support } = customers;
    const jobId = await created(customers, refs(2));
    await orphaned(jobId);
    const SUBJECT = {
      idFromName: (name: string) => env.SUBJECT.idFromName(name),
      get: (id: DurableObjectId, options: object) => {
        const stub = env.SUBJECT.get(id, options);
        if (id.toString() !== env.SUBJECT.idFromName(`${place.projectId}/test/user_1`).toString())
          return stub;
        return {
          // The action is applied, and its answer is lost.
          applyManual: async (...args: Parameters<typeof stub.applyManual>) => {
            await stub.applyManual(...args);
            throw new Error("connection lost");
          },
        };
      },
    };
    await runBulkJob({ ...env, SUBJECT } as unknown as RuntimeEnv, keyOf(jobId));
    expect(await statesOf(jobId)).toEqual(["failed", "done"]);
    await run(previewBulkJobAgain, support.caller, place, { jobId });
    await settled(customers, jobId, "ready");
    await finished(customers, jobId, 1);
    expect(await statesOf(jobId)).toEqual(["done", "done"]);
    expect(await viewOf(customers, "user_1")).toMatchObject({ usageRemaining: 150, headSequence: 2 });
  });

  it("a retry makes the failed deliveries and Stripe events of each customer due", async () => {
    const customers = await newSubscribers(2);
    const { projectId } = customers.place;
    const at = await now();
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO endpoints (endpoint_id, project_id, mode, url, description, event_types, signing_secrets,
           created_at, updated_at)
         VALUES ('ep_' || ?1, ?1, 'test', 'https://example.com', '', '[]', '[]', 0, 0)`,
      ).bind(projectId),
      env.DB.prepare(
        `INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, subject_ref, event_type, state,
           attempts, created_at, updated_at)
         VALUES ('dlv_' || ?1, 'evt_1', 'ep_' || ?1, ?1, 'test', 'user_1', 'entitlement.granted', 'dead', 3, 0, 0)`,
      ).bind(projectId),
      env.DB.prepare(
        `INSERT INTO stripe_events (connection_id, event_id, project_id, mode, type, stripe_created_at, payload, status,
           subject_ref, tries, received_at)
         VALUES ('con_' || ?1, 'evt_1', ?1, 'test', 'invoice.paid', ?2, '', 'failed', 'user_1', 9, ?2)`,
      ).bind(projectId, at),
    ]);
    const jobId = await created(customers, refs(2), { type: "retry" });
    expect((await rowsOf(jobId)).map(({ state, message }) => [state, message])).toEqual([
      ["ready", "1 Stripe event, 1 delivery"],
      ["unchanged", "Nothing has failed."],
    ]);
    await finished(customers, jobId);
    expect(await statesOf(jobId)).toEqual(["done", "unchanged"]);
    const states = await env.DB.prepare(
      `SELECT (SELECT state FROM deliveries WHERE project_id = ?1) AS delivery,
        (SELECT next_attempt_at IS NOT NULL FROM deliveries WHERE project_id = ?1) AS isDue,
        (SELECT status FROM stripe_events WHERE project_id = ?1) AS event`,
    )
      .bind(projectId)
      .first();
    expect(states).toEqual({ delivery: "failed", isDue: 1, event: "received" });
  });

  it("a list of more than 1,000 customers is refused, and jobs go after 30 days with their rows", async () => {
    const customers = await newSubscribers(1);
    const { place, support } = customers;
    const input = { jobId: newId("job"), subjectRefs: refs(1_001), action: grant, ...reason };
    expect(await run(createBulkJob, support.caller, place, input)).toMatchObject({
      outcome: "refused",
      message: "Select 1 to 1,000 customers.",
    });
    const jobId = await created(customers, ["user_1"]);
    await deleteOldBulkJobs(env.DB, Date.now() + 60_000, 1_000);
    expect(await readBulkJob(env.DB, place, jobId)).toBeNull();
    expect(await rowsOf(jobId)).toEqual([]);
  });
});
