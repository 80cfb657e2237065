import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Region } from "../../../shared/contract/enums.ts";
import type { JobKey } from "../../../shared/contract/messages.ts";
import type { Role } from "../../../shared/contract/roles.ts";
import type { BulkJob, BulkJobRow } from "../../../shared/db/bulk-jobs.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { bulkJobs } from "../../../shared/db/tables/bulk-jobs.ts";
import { JobLease } from "./job-lease.ts";

/** The work of bulk jobs: workers claim a job, read its next customers and save their results. */

const isAtWork = sql`status IN ('previewing', 'running')`;
const lease = new JobLease(bulkJobs, { key: [bulkJobs.jobId], until: "leaseUntil", isAtWork });

type BulkJobAtWork = BulkJob & { status: "previewing" | "running" };

/** Claims jobs: a turn has ended with work left, or its lease has, so its worker is presumed dead. */
export async function claimBulkJobs(
  db: D1Database,
  times: { now: number; leaseUntil: number },
  limit: number,
): Promise<JobKey[]> {
  return (await lease.claim(db, times, limit)).map(({ projectId, jobId }) => ({ projectId, jobId }));
}

export const renewBulkJob = (db: D1Database, jobId: string, leaseUntil: number) =>
  lease.renew(db, [jobId], leaseUntil) as Promise<BulkJobAtWork | null>;

/** Ends a turn that has left work: the next sweep continues. */
export const releaseBulkJob = (db: D1Database, jobId: string, now: number): Promise<void> =>
  lease.release(db, [jobId], now);

/** A customer of the job, with what D1 knows of them. */
export interface BulkPageRow
  extends Pick<BulkJobRow, "position" | "target" | "fingerprint" | "before" | "after" | "units" | "tries"> {
  subjectRef: string;
  isRechecked: number;
  /** Whether the customer is registered. */
  isKnown: number;
  /** JSON: the current entitlements of the action's product. */
  entitlements: string;
}

/** The operator's role and the project's region now; `null` when the operator is no member any more. */
export interface BulkPermit {
  role: Role;
  region: Region;
}

const selectPage = `
  SELECT position, subject_ref AS subjectRef, target, fingerprint, before, after, units, tries,
    is_rechecked AS isRechecked,
    EXISTS (SELECT 1 FROM subjects WHERE project_id = ?4 AND mode = ?5
      AND subjects.subject_ref = bulk_job_rows.subject_ref) AS isKnown,
    (SELECT json_group_array(entitlement_id) FROM entitlements WHERE project_id = ?4 AND mode = ?5
      AND entitlements.subject_ref = bulk_job_rows.subject_ref AND product_code = ?6
      AND status NOT IN ('canceled', 'expired') AND coalesce(expires_at, ?7 + 1) > ?7) AS entitlements
  FROM bulk_job_rows WHERE job_id = ?1 AND state = ?2 AND subject_ref IS NOT NULL
  ORDER BY tries, position LIMIT ?3`;

const selectPermit = `
  SELECT members.role AS role, projects.region AS region FROM members
  JOIN projects ON projects.account_id = members.account_id
  WHERE members.operator_id = ?1 AND members.account_id = ?2 AND projects.project_id = ?3`;

/**
 * Returns the next customers of the job, those that did not answer last, and the permit of its operator. The state that
 * they wait in follows from the job's status.
 */
export async function readBulkPage(
  databases: Databases,
  job: BulkJobAtWork,
  limit: number,
  now: number,
): Promise<{ rows: BulkPageRow[]; permit: BulkPermit | null }> {
  const { jobId, projectId, mode, action, operatorId, accountId } = job;
  const productCode = "productCode" in action ? action.productCode : "";
  const { control, data } = databases;
  const [[permits], [rows]] = await batchBoth(
    databases,
    [control.prepare(selectPermit).bind(operatorId, accountId, projectId)],
    [data.prepare(selectPage).bind(jobId, waitingState(job), limit, projectId, mode, productCode, now)],
  );
  return {
    rows: (rows?.results ?? []) as unknown as BulkPageRow[],
    permit: ((permits?.results ?? []) as unknown as BulkPermit[])[0] ?? null,
  };
}

const waitingState = ({ status }: { status: "previewing" | "running" }) =>
  status === "previewing" ? "pending" : "ready";

/** What a preview or an action found out about a customer. */
export type BulkRowResult = Pick<
  BulkJobRow,
  | "position"
  | "state"
  | "target"
  | "fingerprint"
  | "before"
  | "after"
  | "units"
  | "message"
  | "sequence"
  | "tries"
>;

// A row that another worker has moved on, or that an erasure has blanked, stays unchanged.
const saveRows = `
  UPDATE bulk_job_rows SET state = new.value ->> 'state', target = new.value ->> 'target',
    fingerprint = new.value ->> 'fingerprint', before = new.value ->> 'before', after = new.value ->> 'after',
    units = new.value ->> 'units', message = new.value ->> 'message', sequence = new.value ->> 'sequence',
    tries = new.value ->> 'tries'
  FROM json_each(?2) AS new
  WHERE job_id = ?1 AND position = new.value ->> 'position' AND bulk_job_rows.state = ?3`;

const endPhase = `
  UPDATE bulk_jobs SET updated_at = ?4,
    status = CASE WHEN EXISTS (SELECT 1 FROM bulk_job_rows WHERE job_id = ?1 AND state = ?3) THEN status ELSE ?5 END
  WHERE job_id = ?1 AND status = ?2`;

/** Saves the results of a page. The last page ends the preview or the job. Results also count for a stopped job. */
export async function saveBulkPage(
  db: D1Database,
  job: BulkJobAtWork,
  results: BulkRowResult[],
  now: number,
): Promise<void> {
  const state = waitingState(job);
  const ended = job.status === "previewing" ? "ready" : "finished";
  await db.batch([
    db.prepare(saveRows).bind(job.jobId, JSON.stringify(results), state),
    db.prepare(endPhase).bind(job.jobId, job.status, state, now, ended),
  ]);
}

/** Stops a job after its operator lost the role or the membership. */
export async function stopForbiddenBulkJob(
  db: D1Database,
  jobId: string,
  stopReason: string,
  now: number,
): Promise<void> {
  await drizzle(db)
    .update(bulkJobs)
    .set({ status: "stopped", stopReason, leaseUntil: null, updatedAt: now })
    .where(and(eq(bulkJobs.jobId, jobId), isAtWork));
}
