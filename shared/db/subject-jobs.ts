import { and, asc, desc, eq, gt, lte, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { FaultView } from "../contract/operations/data-check.ts";
import type { Scope } from "../contract/scope.ts";
import { idFloor } from "../kit/ids.ts";
import { type AuditEntry, auditIfChanged } from "./audit.ts";
import { subjectJobs } from "./tables/subject-jobs.ts";
import { subjects } from "./tables/subjects.ts";

export type SubjectJobRow = typeof subjectJobs.$inferSelect;

/** A subject that is not as it should be: its first fault, or `unreached` when its object did not answer. */
export interface Finding {
  subjectRef: string;
  where: FaultView["where"] | "unreached";
  message: string;
  /** How many faults were found, 50 at most. */
  faults: number;
}

/** So many subjects are named; all of them are counted. */
const findingsNamed = 100;

export const findingsOf = ({ findings }: Pick<SubjectJobRow, "findings">): Finding[] => JSON.parse(findings);

const ofPlace = ({ projectId, mode }: Scope) =>
  and(eq(subjectJobs.projectId, projectId), eq(subjectJobs.mode, mode));

export async function countSubjects(db: D1Database, { projectId, mode }: Scope): Promise<number> {
  return drizzle(db).$count(subjects, and(eq(subjects.projectId, projectId), eq(subjects.mode, mode)));
}

/** Inserts unless the form was sent before, or another job of the project and mode is running. Returns whether it did. */
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

export async function readSubjectJob(db: D1Database, jobId: string): Promise<SubjectJobRow | null> {
  const rows = await drizzle(db).select().from(subjectJobs).where(eq(subjectJobs.jobId, jobId));
  return rows[0] ?? null;
}

/** The newest jobs of the project and mode, without the customers they name. */
export async function listSubjectJobs(db: D1Database, place: Scope, limit: number) {
  return drizzle(db)
    .select({
      jobId: subjectJobs.jobId,
      kind: subjectJobs.kind,
      status: subjectJobs.status,
      total: subjectJobs.total,
      done: subjectJobs.done,
      faulty: subjectJobs.faulty,
      unreached: subjectJobs.unreached,
      actorName: subjectJobs.actorName,
      createdAt: subjectJobs.createdAt,
    })
    .from(subjectJobs)
    .where(ofPlace(place))
    .orderBy(desc(subjectJobs.jobId))
    .limit(limit);
}

/** Jobs that run on paper but that nobody has moved since `before`: their turn is over, or their worker is gone. */
export async function stalledSubjectJobs(db: D1Database, before: number, limit: number): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ jobId: subjectJobs.jobId })
    .from(subjectJobs)
    .where(and(sql`status = 'running'`, lte(subjectJobs.updatedAt, before)))
    .orderBy(asc(subjectJobs.updatedAt))
    .limit(limit);
  return rows.map(({ jobId }) => jobId);
}

/** Stops a running job: what is done stays done. Returns it as it is now; `null` when the place has no such job. */
export async function stopSubjectJobRow(
  db: D1Database,
  place: Scope,
  jobId: string,
  audit: AuditEntry,
): Promise<SubjectJobRow | null> {
  const database = drizzle(db);
  const ofJob = and(eq(subjectJobs.jobId, jobId), ofPlace(place));
  const [, , rows] = await database.batch([
    database
      .update(subjectJobs)
      .set({ status: "stopped", cursor: "", updatedAt: audit.at })
      .where(and(ofJob, eq(subjectJobs.status, "running"))),
    auditIfChanged(database, audit),
    database.select().from(subjectJobs).where(ofJob),
  ]);
  return rows[0] ?? null;
}

/** The next subjects of the job, with how far D1 has seen their ledgers reach. */
export async function subjectsOfJob(db: D1Database, job: SubjectJobRow, limit: number) {
  const { projectId, mode, subjectRef, region, headSequence } = subjects;
  return drizzle(db)
    .select({ projectId, mode, subjectRef, region, headSequence })
    .from(subjects)
    .where(and(eq(projectId, job.projectId), eq(mode, job.mode), gt(subjectRef, job.cursor)))
    .orderBy(asc(subjectRef))
    .limit(limit);
}

/** What came of one page. */
export interface SubjectJobPage {
  /** The last subject of the page. */
  last: string;
  done: number;
  faulty: number;
  unreached: number;
  entries: number;
  unflushed: number;
  findings: Finding[];
  isOver: boolean;
}

// Somebody who was erased meanwhile has no row in `subjects` any more, and is written down neither as place nor as finding.
const isThere = (
  subject: string,
) => `EXISTS (SELECT 1 FROM subjects WHERE subjects.project_id = subject_jobs.project_id
  AND subjects.mode = subject_jobs.mode AND subjects.subject_ref = ${subject})`;

const advance = `
  UPDATE subject_jobs SET
    cursor = CASE WHEN ?4 THEN '' ELSE coalesce((SELECT max(subject_ref) FROM subjects
      WHERE subjects.project_id = subject_jobs.project_id AND subjects.mode = subject_jobs.mode
        AND subject_ref <= ?3), '') END,
    done = done + ?5, faulty = faulty + ?6, unreached = unreached + ?7, entries = entries + ?8,
    unflushed = unflushed + ?9, updated_at = ?11,
    total = CASE WHEN ?4 THEN done + ?5 ELSE max(total, done + ?5) END,
    findings = (SELECT json_group_array(json(value)) FROM (
      SELECT value FROM json_each(findings)
      UNION ALL SELECT value FROM json_each(?10) WHERE ${isThere("value ->> 'subjectRef'")}
      LIMIT ${findingsNamed})),
    status = CASE WHEN ?4 THEN 'finished' ELSE status END
  WHERE job_id = ?1 AND done = ?2 AND status = 'running'`;

/**
 * Writes down a page and moves the job on, in one statement: however many work on the job, a page counts once, and a job that
 * was stopped meanwhile stays as it was.
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
    .prepare(advance)
    .bind(job.jobId, job.done, last, isOver ? 1 : 0, ...counts, JSON.stringify(findings), now)
    .run();
}

/** Ids begin with the time at which the form was made. Returns how many went. */
export async function removeOldSubjectJobs(db: D1Database, before: number): Promise<number> {
  const { meta } = await db
    .prepare("DELETE FROM subject_jobs WHERE job_id < ?1")
    .bind(idFloor("job", before))
    .run();
  return meta.changes;
}
