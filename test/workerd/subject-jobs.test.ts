import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { eraseCustomer } from "../../shared/contract/operations/customers.ts";
import {
  type SubjectJobKind,
  startSubjectJob,
  stopSubjectJob,
} from "../../shared/contract/operations/data-check.ts";
import type { AuditEntry } from "../../shared/db/audit.ts";
import { parseFindings, readSubjectJob } from "../../shared/db/subject-jobs.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
import { deleteOldSubjectJobs } from "../../workers/deliveries/db/retention.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { sweepSubjectJobs } from "../../workers/deliveries/sweeps/subject-jobs.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { insertSubjectJob } from "../../workers/runtime/db/subject-jobs.ts";
import type { RuntimeEnv } from "../../workers/runtime/env.ts";
import { doPage, runSubjectJob } from "../../workers/runtime/jobs/run-subject-job.ts";
import type { MaintenanceEntrypoint } from "../../workers/runtime/maintenance-entrypoint.ts";
import { now } from "./connected-project.ts";
import { type Customers, editD1Copy, editLedger, getSubjectStub, newCustomers } from "./customers.ts";
import { keyOf } from "./databases.ts";
import { newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const { MaintenanceEntrypoint: maintenance } = exports as unknown as {
  MaintenanceEntrypoint: MaintenanceEntrypoint;
};

/** Inserts a job that no worker has started. */
async function waitingJob({ place, admin }: Customers, kind: SubjectJobKind, total: number) {
  const jobId = newId("job");
  const audit: AuditEntry = {
    actor: admin.actor,
    at: await now(),
    action: `subject_job.${kind}`,
    target: jobId,
    ...place,
  };
  expect(await insertSubjectJob(env.DB, place, { jobId, kind, total }, audit)).toBe(true);
  return jobId;
}

async function jobOf(jobId: string) {
  const job = await readSubjectJob(env.DB, jobId);
  if (job === null) throw new Error("no such job");
  return { ...job, findings: parseFindings(job) };
}

/** Starts a job as the portal does and waits until it has finished. */
async function started({ place, admin }: Customers, kind: SubjectJobKind) {
  const reply = await run(startSubjectJob, admin.caller, place, { jobId: newId("job"), kind });
  if (reply.outcome !== "done") throw new Error(reply.message);
  await expect.poll(async () => (await jobOf(reply.jobId)).status).toBe("finished");
  return jobOf(reply.jobId);
}

async function page(jobId: string, size: number, from: RuntimeEnv = env) {
  const job = await readSubjectJob(env.DB, jobId);
  if (job === null) throw new Error("no such job");
  await doPage(from, job, size);
  return job;
}

const idOf = ({ jobId }: { jobId: string }) => jobId;

describe("job over all customers", () => {
  it("a verify job reports findings, and a resync job repairs D1 copies with an intact ledger", async () => {
    const customers = await newCustomers(12);
    const { named, account } = customers;
    await editLedger(named("user_3"));
    await editD1Copy(named("user_3"));
    await editD1Copy(named("user_5"));
    const verified = await started(customers, "verify");
    expect(verified).toMatchObject({ total: 12, done: 12, faulty: 2, unreached: 0, entries: 12, cursor: "" });
    expect(verified.findings).toEqual([
      expect.objectContaining({
        subjectRef: "user_3",
        where: "ledger",
        message: expect.stringMatching(/^entry 1: /),
      }),
      expect.objectContaining({
        subjectRef: "user_5",
        where: "d1",
        faults: 1,
        message: expect.stringContaining("with a different units remaining"),
      }),
    ]);
    const resynced = await started(customers, "resync");
    expect(resynced).toMatchObject({ done: 12, faulty: 1, unreached: 0 });
    expect(resynced.findings.map(({ subjectRef }) => subjectRef)).toEqual(["user_3"]);
    expect(await getSubjectStub(named("user_5")).verify()).toMatchObject({ ok: true });
    const copies = await env.DB.prepare(
      "SELECT subject_ref AS subjectRef FROM entitlements WHERE project_id = ? AND units_remaining = 7",
    )
      .bind(account.projectId)
      .all();
    expect(copies.results).toEqual([{ subjectRef: "user_3" }]);
    const audit = await listAuditEntries(env.DB, { accountId: account.accountId }, 10);
    expect(audit).toMatchObject([
      { action: "subject_job.resync", target: resynced.jobId, operatorId: customers.admin.actor.operatorId },
      { action: "subject_job.verify", target: verified.jobId, after: '{"total":12}' },
    ]);
  });

  it("a verify job reports a customer with an empty object when D1 has seen a ledger", async () => {
    const customers = await newCustomers(1);
    const { projectId } = customers.place;
    await env.DB.prepare(
      `INSERT INTO subjects (project_id, mode, subject_ref, region, head_sequence, head_hash, created_at)
       VALUES (?1, 'test', 'user_lost', 'weur', 3, 'x', 0), (?1, 'test', 'user_new', 'weur', 0, '', 0)`,
    )
      .bind(projectId)
      .run();
    const { done, findings } = await started(customers, "verify");
    expect(done).toBe(3);
    expect(findings).toEqual([
      expect.objectContaining({
        subjectRef: "user_lost",
        where: "ledger",
        message: expect.stringContaining("D1 has seen its ledger reach 3"),
      }),
    ]);
  });

  it("a job counts and reports each customer that it did not reach, and continues", async () => {
    const customers = await newCustomers(3);
    const jobId = await waitingJob(customers, "verify", 3);
    const broken = env.SUBJECT.idFromName(subjectName(customers.named("user_2")));
    const SUBJECT = {
      idFromName: (name: string) => env.SUBJECT.idFromName(name),
      get: (id: DurableObjectId) => {
        if (id.equals(broken)) throw new Error("the object is away");
        return env.SUBJECT.get(id);
      },
    } as unknown as RuntimeEnv["SUBJECT"];
    await runSubjectJob({ ...env, SUBJECT }, keyOf(jobId));
    expect(await jobOf(jobId)).toMatchObject({
      status: "finished",
      done: 3,
      faulty: 0,
      unreached: 1,
      findings: [{ subjectRef: "user_2", where: "unreached", message: "the object did not answer" }],
    });
  });

  it("a job stops on request and keeps its finished pages", async () => {
    const customers = await newCustomers(5);
    const { admin, place, account } = customers;
    const jobId = await waitingJob(customers, "verify", 5);
    await page(jobId, 2);
    const stale = await page(jobId, 1);
    expect(await run(stopSubjectJob, admin.caller, place, { jobId })).toEqual({ outcome: "done" });
    const stopped = { status: "stopped", done: 3, total: 5, cursor: "" };
    expect(await jobOf(jobId)).toMatchObject(stopped);
    await doPage(env, stale, 2);
    await runSubjectJob(env, keyOf(jobId));
    expect(await jobOf(jobId)).toMatchObject(stopped);
    const other = await newCustomers(1);
    expect(await run(stopSubjectJob, other.admin.caller, other.place, { jobId })).toMatchObject({
      reason: "not_found",
    });
    const [last] = await listAuditEntries(env.DB, { accountId: account.accountId }, 1);
    expect(last).toMatchObject({ action: "subject_job.stop", target: jobId });
    const { jobId: finished } = await started(customers, "verify");
    expect(await run(stopSubjectJob, admin.caller, place, { jobId: finished })).toMatchObject({
      reason: "conflict",
    });
  });

  it("the sweep resumes an interrupted job from its last page", async () => {
    const customers = await newCustomers(5);
    const jobId = await waitingJob(customers, "verify", 5);
    await page(jobId, 2);
    expect(await jobOf(jobId)).toMatchObject({ status: "running", done: 2, cursor: "user_2" });
    expect((await maintenance.claimSubjectJobs()).map(idOf)).not.toContain(jobId);
    await env.DEV.advance(20_000);
    expect((await maintenance.claimSubjectJobs()).map(idOf)).toContain(jobId);
    expect((await maintenance.claimSubjectJobs()).map(idOf), "claimed already").not.toContain(jobId);
    await env.DEV.advance(20_000);
    // user_1 was visited before. A second visit would report this edit.
    await editLedger(customers.named("user_1"));
    await editLedger(customers.named("user_4"));
    const turns: Promise<void>[] = [];
    const deliveries = { RUNTIME: maintenance } as unknown as DeliveriesEnv;
    expect((await sweepSubjectJobs(deliveries, 0, (turn) => turns.push(turn))).jobs).toBeGreaterThan(0);
    await Promise.all(turns);
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ status: "finished", done: 5, entries: 5, faulty: 1 });
    expect(job.findings.map(({ subjectRef }) => subjectRef)).toEqual(["user_4"]);
    expect((await maintenance.claimSubjectJobs()).map(idOf)).not.toContain(jobId);
  });

  it("a job counts a page once when two workers process it at the same time", async () => {
    const customers = await newCustomers(4);
    await editLedger(customers.named("user_1"));
    const jobId = await waitingJob(customers, "verify", 4);
    await Promise.all([page(jobId, 2), page(jobId, 2)]);
    expect(await jobOf(jobId)).toMatchObject({ done: 2, faulty: 1, findings: [{ subjectRef: "user_1" }] });
  });

  it("a project and mode run one job at a time, and one when a form is submitted twice", async () => {
    const customers = await newCustomers(1);
    const { admin, place } = customers;
    const running = await waitingJob(customers, "verify", 1);
    const form = { jobId: newId("job"), kind: "resync" as const };
    expect(await run(startSubjectJob, admin.caller, place, form)).toMatchObject({
      reason: "conflict",
      message: expect.stringContaining("Another run is in progress"),
    });
    expect(await readSubjectJob(env.DB, form.jobId)).toBeNull();
    await runSubjectJob(env, keyOf(running));
    expect(await run(startSubjectJob, admin.caller, place, form)).toMatchObject({ total: 1 });
    expect(await run(startSubjectJob, admin.caller, place, form)).toMatchObject({
      message: expect.stringContaining("submitted twice"),
    });
    const empty = { ...place, mode: "live" as const };
    expect(await run(startSubjectJob, admin.caller, empty, { ...form, jobId: newId("job") })).toMatchObject({
      message: expect.stringContaining("No customers"),
    });
    const audit = await listAuditEntries(env.DB, { accountId: customers.account.accountId }, 10);
    expect(audit.map(({ target }) => target)).toEqual([form.jobId, running]);
  });

  it("a job is removed after its retention period", async () => {
    const customers = await newCustomers(1);
    const { jobId, createdAt } = await started(customers, "verify");
    await deleteOldSubjectJobs(env.DB, createdAt - 60_000, 100);
    expect(await readSubjectJob(env.DB, jobId)).not.toBeNull();
    await deleteOldSubjectJobs(env.DB, createdAt + 60_000, 100);
    expect(await readSubjectJob(env.DB, jobId)).toBeNull();
  });
});

describe("erased customer in jobs", () => {
  it("an erasure removes a customer from cursors and findings, also when a page read it before", async () => {
    const customers = await newCustomers(3);
    const { account, place, named } = customers;
    const owner = await newMember(account, "owner");
    for (const name of ["user_1", "user_2"]) await editLedger(named(name));
    const jobId = await waitingJob(customers, "verify", 3);
    const stale = await page(jobId, 2);
    expect(await jobOf(jobId)).toMatchObject({ cursor: "user_2", faulty: 2 });
    const command = {
      subjectRef: "user_2",
      erasureId: newId("ers"),
      confirmation: "user_2",
      reason: "customer_request" as const,
      text: "Ticket 12",
    };
    expect(await run(eraseCustomer, owner.caller, place, command)).toMatchObject({
      state: "done",
    });
    const job = await jobOf(jobId);
    expect(job).toMatchObject({ cursor: "user_1", findings: [{ subjectRef: "user_1" }] });
    // A slow worker read the customer before the erasure and writes its page after it.
    await env.DB.prepare("UPDATE subject_jobs SET done = 0, findings = '[]' WHERE job_id = ?")
      .bind(jobId)
      .run();
    const found = { where: "ledger" as const, sequence: 1, message: "changed" };
    const stub = { verify: async () => ({ findings: [found], entries: 1, unflushed: 0, headSequence: 1 }) };
    const DB = {
      prepare: (sql: string) => {
        const statement = env.DB.prepare(sql);
        // Returns the list of subjects from before the erasure.
        if (!sql.startsWith("select") || !sql.includes("subjects")) return statement;
        const rows = ["user_1", "user_2"].map((name) => [place.projectId, "test", name, "weur", 1]);
        return { bind: () => ({ raw: async () => rows }) };
      },
    } as unknown as D1Database;
    const SUBJECT = { idFromName: () => null, get: () => stub } as unknown as RuntimeEnv["SUBJECT"];
    await doPage({ ...env, DB, SUBJECT }, stale, 2);
    expect(await jobOf(jobId)).toMatchObject({
      done: 2,
      cursor: "user_1",
      findings: [{ subjectRef: "user_1" }],
    });
    await runSubjectJob(env, keyOf(jobId));
    expect(await jobOf(jobId)).toMatchObject({ status: "finished", done: 3 });
  });
});

describe("customer erased after the backup that D1 was restored from", () => {
  it("a job reports an erased customer when D1 was restored, and it can be erased again", async () => {
    const customers = await newCustomers(2);
    const { account, place, named } = customers;
    const { caller } = await newMember(account, "owner");
    const erase = () =>
      run(eraseCustomer, caller, place, {
        subjectRef: "user_2",
        erasureId: newId("ers"),
        confirmation: "user_2",
        reason: "customer_request",
        text: "Ticket 12",
      });
    const rows = async () =>
      env.DB.prepare("SELECT * FROM subjects WHERE project_id = ? AND subject_ref = 'user_2'")
        .bind(place.projectId)
        .first<{ head_hash: string }>();
    const before = await rows();
    expect(await erase()).toMatchObject({ state: "done" });
    expect(await rows()).toBeNull();
    expect((await started(customers, "verify")).findings).toEqual([]);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM erasures WHERE project_id = ?").bind(place.projectId),
      env.DB.prepare(
        `INSERT INTO subjects (project_id, mode, subject_ref, region, head_sequence, head_hash, created_at)
         VALUES (?, 'test', 'user_2', 'weur', 1, ?, 0)`,
      ).bind(place.projectId, before?.head_hash),
    ]);
    const resynced = await started(customers, "resync");
    expect(resynced.findings).toEqual([
      expect.objectContaining({
        subjectRef: "user_2",
        message: expect.stringContaining("the object is empty"),
      }),
    ]);
    expect(await erase()).toMatchObject({ state: "done" });
    expect(await rows()).toBeNull();
    expect((await started(customers, "verify")).findings).toEqual([]);
    expect((await getSubjectStub(named("user_2")).check()).decision.allowed).toBe(false);
  });
});
