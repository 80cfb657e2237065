import { and, asc, eq, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { JobKey } from "../../../shared/contract/messages.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged } from "../../../shared/db/audit.ts";
import { inScope } from "../../../shared/db/scope.ts";
import type { SubjectFinding, SubjectJobRow } from "../../../shared/db/subject-jobs.ts";
import { subjectJobs } from "../../../shared/db/tables/subject-jobs.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import { JobLease } from "./job-lease.ts";

/** At most this many subjects are stored by name; all of them are counted. */
const maxFindings = 100;

export async function countSubjects(db: D1Database, scope: Scope): Promise<number> {
  return drizzle(db).$count(subjects, inScope(subjects, scope));
}

/**
 * Inserts the job unless its id exists or another job of the scope is running. Returns whether it was
 * inserted.
 */
export async function insertSubjectJob(
  db: D1Database,
  { projectId, mode }: Scope,
  job: Pick<SubjectJobRow, "jobId" | "kind" | "total">,
  audit: AuditEntry,
): Promise<boolean> {
  const { operatorId: actorId, name: actorName } = audit.actor;
  const times = { createdAt: audit.at, updatedAt: audit.at };
  const row = { ...job, projectId, mode, status: "running" as const, actorId, actorName, ...times };
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database.insert(subjectJobs).values(row).onConflictDoNothing(),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

const lease = new JobLease(subjectJobs, {
  key: [subjectJobs.jobId],
  until: "updatedAt",
  isAtWork: sql`status = 'running'`,
});

/** Claims running jobs without an update since `before`: their turn has ended, or their worker is presumed dead. */
export async function claimStalledSubjectJobs(
  db: D1Database,
  { now, before }: { now: number; before: number },
  limit: number,
): Promise<JobKey[]> {
  const claimed = await lease.claim(db, { now: before, leaseUntil: now }, limit);
  return claimed.map(({ projectId, jobId }) => ({ projectId, jobId }));
}

/**
 * Stops a running job; completed pages stay done. Returns the job, or `null` when the scope has no such job.
 */
export async function stopSubjectJobRow(
  db: D1Database,
  scope: Scope,
  jobId: string,
  audit: AuditEntry,
): Promise<SubjectJobRow | null> {
  const database = drizzle(db);
  const matchesJob = and(eq(subjectJobs.jobId, jobId), inScope(subjectJobs, scope));
  const [, , rows] = await database.batch([
    database
      .update(subjectJobs)
      .set({ status: "stopped", cursor: "", updatedAt: audit.at })
      .where(and(matchesJob, eq(subjectJobs.status, "running"))),
    auditIfChanged(database, audit),
    database.select().from(subjectJobs).where(matchesJob),
  ]);
  return rows[0] ?? null;
}

/** Returns the next subjects of the job, each with the ledger sequence that D1 has confirmed. */
export async function listSubjectsOfJob(db: D1Database, job: SubjectJobRow, limit: number) {
  const { projectId, mode, subjectRef, region, headSequence } = subjects;
  return drizzle(db)
    .select({ projectId, mode, subjectRef, region, headSequence })
    .from(subjects)
    .where(and(eq(projectId, job.projectId), eq(mode, job.mode), gt(subjectRef, job.cursor)))
    .orderBy(asc(subjectRef))
    .limit(limit);
}

/** The result of one page. */
export interface SubjectJobPage {
  /** The last subject of the page. */
  last: string;
  done: number;
  faulty: number;
  unreached: number;
  entries: number;
  unflushed: number;
  findings: SubjectFinding[];
  isOver: boolean;
}

// An erased customer has no row in `subjects`, and must be stored neither as the cursor nor as a finding.
const subjectExists = (
  subject: string,
) => `EXISTS (SELECT 1 FROM subjects WHERE subjects.project_id = subject_jobs.project_id
  AND subjects.mode = subject_jobs.mode AND subjects.subject_ref = ${subject})`;

const advanceJob = `
  UPDATE subject_jobs SET
    cursor = CASE WHEN ?4 THEN '' ELSE coalesce((SELECT max(subject_ref) FROM subjects
      WHERE subjects.project_id = subject_jobs.project_id AND subjects.mode = subject_jobs.mode
        AND subject_ref <= ?3), '') END,
    done = done + ?5, faulty = faulty + ?6, unreached = unreached + ?7, entries = entries + ?8,
    unflushed = unflushed + ?9, updated_at = ?11,
    total = CASE WHEN ?4 THEN done + ?5 ELSE max(total, done + ?5) END,
    findings = (SELECT json_group_array(json(value)) FROM (
      SELECT value FROM json_each(findings)
      UNION ALL SELECT value FROM json_each(?10) WHERE ${subjectExists("value ->> 'subjectRef'")}
      LIMIT ${maxFindings})),
    status = CASE WHEN ?4 THEN 'finished' ELSE status END
  WHERE job_id = ?1 AND done = ?2 AND status = 'running'`;

/**
 * Records a page and moves the job forward, in one statement. A page counts once, even if several workers run
 * the job. A job that has been stopped stays unchanged.
 */
export async function advanceSubjectJob(
  db: D1Database,
  job: SubjectJobRow,
  page: SubjectJobPage,
  now: number,
): Promise<void> {
  const { last, done, faulty, unreached, entries, unflushed, findings, isOver } = page;
  const counts = [done, faulty, unreached, entries, unflushed] as const;
  await db
    .prepare(advanceJob)
    .bind(job.jobId, job.done, last, isOver ? 1 : 0, ...counts, JSON.stringify(findings), now)
    .run();
}
