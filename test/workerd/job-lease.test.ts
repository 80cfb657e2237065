import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessAudits } from "../../shared/db/tables/access-audits.ts";
import { subjectJobs } from "../../shared/db/tables/subject-jobs.ts";
import { termsRollouts } from "../../shared/db/tables/terms-rollouts.ts";
import { newId } from "../../shared/kit/ids.ts";
import { JobLease } from "../../workers/runtime/db/job-lease.ts";
import { env } from "./subjects.ts";

const { DB } = env;
const database = drizzle(DB);

/** Rollouts: three columns are the key of one. */
const isAtWork = sql`status = 'running'`;
const lease = new JobLease(termsRollouts, {
  key: [termsRollouts.projectId, termsRollouts.mode, termsRollouts.productCode],
  until: "leaseUntil",
  isAtWork,
});

let projectId: string;
beforeEach(() => {
  projectId = newId("prj");
});

// Else a later test would claim them.
afterEach(async () => {
  await database.update(termsRollouts).set({ status: "finished" }).where(sql`project_id = ${projectId}`);
});

const keyOf = (productCode: string) => [projectId, "test", productCode];
const newRollout = (productCode: string, leaseUntil: number, status: "running" | "finished" = "running") =>
  database.insert(termsRollouts).values({
    projectId,
    mode: "test",
    productCode,
    version: 1,
    status,
    leaseUntil,
    createdAt: 1,
    updatedAt: 1,
  });

/** Long before any other test's lease, so that those rows are not claimed. */
const now = 1_000;
const claim = async (at: number, limit = 100) =>
  (await lease.claim(DB, { now: at, leaseUntil: at + 50 }, limit)).map(({ productCode }) => productCode);

describe("the lease of a job", () => {
  it("is claimed by one of several sweeps at once, those that wait longest first", async () => {
    for (const [index, productCode] of ["A", "B", "C", "D"].entries())
      await newRollout(productCode, now - 10 + index);
    const claimed = await Promise.all([claim(now, 2), claim(now, 2), claim(now, 2)]);
    expect(claimed.map((codes) => codes.length).sort()).toEqual([0, 2, 2]);
    expect(claimed.flat().sort()).toEqual(["A", "B", "C", "D"]);
    expect(claimed.find((codes) => codes.includes("A"))?.sort()).toEqual(["A", "B"]);
    expect(await claim(now + 49)).toEqual([]);
  });

  it("ends, so that another worker claims the job of one that died", async () => {
    await newRollout("A", now);
    expect(await claim(now)).toEqual(["A"]);
    expect(await claim(now + 49)).toEqual([]);
    expect(await claim(now + 50)).toEqual(["A"]);
  });

  it("is extended and released for its own job, and not for one that has ended", async () => {
    await newRollout("A", now);
    await newRollout("B", now);
    await newRollout("C", now, "finished");
    expect(await lease.renew(DB, keyOf("A"), now + 500)).toMatchObject({
      productCode: "A",
      leaseUntil: now + 500,
    });
    expect(await lease.renew(DB, keyOf("C"), now + 500)).toBeNull();
    expect(await lease.renew(DB, keyOf("D"), now + 500)).toBeNull();
    expect(await claim(now)).toEqual(["B"]);
    await lease.release(DB, keyOf("A"), now + 5, { unreached: sql`unreached + 3` });
    expect(await claim(now + 5)).toEqual(["A"]);
    const rows = await database.select().from(termsRollouts).where(sql`project_id = ${projectId}`);
    expect(rows.map(({ productCode, unreached }) => [productCode, unreached])).toEqual([
      ["A", 3],
      ["B", 0],
      ["C", 0],
    ]);
  });

  it("can be the time since a job's last update", async () => {
    const jobs = new JobLease(subjectJobs, { key: [subjectJobs.jobId], until: "updatedAt", isAtWork });
    const jobId = newId("job");
    await database.insert(subjectJobs).values({
      jobId,
      projectId,
      mode: "test",
      kind: "verify",
      status: "running",
      total: 1,
      actorId: "opr",
      actorName: "Dana",
      createdAt: 1,
      updatedAt: now,
    });
    const stalled = { now: now - 1, leaseUntil: now };
    expect(await jobs.claim(DB, stalled, 10)).toEqual([]);
    const [claimed] = await jobs.claim(DB, { now, leaseUntil: now + 50 }, 10);
    expect(claimed).toMatchObject({ jobId, updatedAt: now + 50 });
    await database.update(subjectJobs).set({ status: "finished" }).where(sql`job_id = ${jobId}`);
  });

  it.each([
    ["terms_rollouts", "project_id, mode, product_code", "status = 'running'", "lease_until"],
    ["stripe_backfills", "job_id", "status = 'running'", "lease_until"],
    ["bulk_jobs", "job_id", "status IN ('previewing', 'running')", "lease_until"],
    ["access_audits", "audit_id", "status IN ('running', 'importing')", "lease_until"],
  ])("of %s is found by its index", async (table, key, atWork, until) => {
    const { results } = await DB.prepare(
      `EXPLAIN QUERY PLAN SELECT ${key} FROM ${table} WHERE ${atWork} AND ${until} <= 1 ORDER BY ${until} LIMIT 1`,
    ).all<{ detail: string }>();
    expect(results.map(({ detail }) => detail)).toEqual([expect.stringContaining(`${table}_due`)]);
  });

  it("returns the row with its JSON read", async () => {
    const audits = new JobLease(accessAudits, {
      key: [accessAudits.auditId],
      until: "leaseUntil",
      isAtWork: sql`status IN ('running', 'importing')`,
    });
    const auditId = newId("job");
    await database.insert(accessAudits).values({
      auditId,
      projectId,
      mode: "test",
      status: "running",
      counts: { agrees: 7 } as never,
      leaseUntil: now,
      createdAt: 1,
      updatedAt: 1,
    });
    expect(await audits.renew(DB, [auditId], now + 1)).toMatchObject({ counts: { agrees: 7 } });
    await database.update(accessAudits).set({ status: "stopped" }).where(sql`audit_id = ${auditId}`);
  });
});
