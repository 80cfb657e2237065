import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { previewableStates } from "../../../shared/contract/operations/bulk-jobs.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import type { BulkJob } from "../../../shared/db/bulk-jobs.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { bulkJobs } from "../../../shared/db/tables/bulk-jobs.ts";

/** Operators' changes to bulk jobs. `db/bulk-job-rows.ts` has the work of a job. */

/** A new job. Its creator is the audit entry's actor. */
type NewBulkJob = Pick<BulkJob, "jobId" | "action" | "reason" | "note" | "undoes">;

/**
 * Inserts the job with its rows unless its id exists. The caller runs it until `leaseUntil`. Returns whether it was
 * inserted.
 */
export async function insertBulkJob(
  db: D1Database,
  scope: Scope,
  job: NewBulkJob,
  /** A `SELECT` of `position, subject_ref, state, target, message`. */
  rows: SQL,
  { leaseUntil, audit }: { leaseUntil: number; audit: AuditEntry },
): Promise<boolean> {
  const insert = drizzle(db)
    .insert(bulkJobs)
    .values({
      ...job,
      ...scope,
      ...toOperatorColumns(audit),
      status: "previewing",
      leaseUntil,
      createdAt: audit.at,
      updatedAt: audit.at,
    })
    .onConflictDoNothing();
  const [inserted] = await db.batch([
    prepareSql(db, insert.getSQL()),
    // Only with the job: a form that is sent twice may have other customers the second time.
    prepareSql(
      db,
      sql`INSERT INTO bulk_job_rows (job_id, position, subject_ref, state, target, message)
        SELECT ${job.jobId}, rows.* FROM (${rows}) AS rows WHERE changes() > 0`,
    ),
    auditIfChangedRaw(db, audit),
  ]);
  return (inserted?.meta.changes ?? 0) > 0;
}

/** Customers as an operator listed them. `message` says why a text can't name a customer. */
export const selectListedRows = (listed: { subjectRef: string; message: string | null }[]): SQL =>
  sql`SELECT key, value ->> 'subjectRef', CASE WHEN value ->> 'message' IS NULL THEN 'pending' ELSE 'unknown' END, NULL,
    value ->> 'message' FROM json_each(${JSON.stringify(listed)})`;

/** The customers for whom a job wrote a ledger entry. */
export const selectRowsToUndo = (jobId: string): SQL =>
  sql`SELECT position, subject_ref, 'pending', sequence, NULL FROM bulk_job_rows
    WHERE job_id = ${jobId} AND state = 'done' AND sequence IS NOT NULL AND subject_ref IS NOT NULL`;

const toOperatorColumns = ({ actor }: AuditEntry) => ({
  accountId: actor.accountId,
  operatorId: actor.operatorId,
  operatorName: actor.name,
  operatorEmail: actor.email,
  ipAddress: actor.ipAddress,
});

const matchesJob = (scope: Scope, jobId: string) => and(eq(bulkJobs.jobId, jobId), inScope(bulkJobs, scope));

const hasRows = (condition: SQL) =>
  sql`EXISTS (SELECT 1 FROM bulk_job_rows WHERE bulk_job_rows.job_id = ${bulkJobs.jobId} AND ${condition})`;

/**
 * Starts the job as its preview `round` showed it, or continues one that was stopped. The starter becomes its operator.
 * Returns whether it was started: of two operators at the same time, one does.
 */
export async function startBulkJobRow(
  db: D1Database,
  scope: Scope,
  { jobId, round }: { jobId: string; round: number },
  { leaseUntil, audit }: { leaseUntil: number; audit: AuditEntry },
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(bulkJobs)
      .set({
        ...toOperatorColumns(audit),
        status: "running",
        stopReason: null,
        leaseUntil,
        updatedAt: audit.at,
      })
      .where(
        and(
          matchesJob(scope, jobId),
          eq(bulkJobs.round, round),
          inArray(bulkJobs.status, ["ready", "stopped"]),
          hasRows(sql`state = 'ready'`),
          sql`NOT ${hasRows(sql`state = 'pending'`)}`,
        ),
      ),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

/** Stops a job that previews or runs. What it has done stays done. Returns whether it was stopped. */
export async function stopBulkJobRow(
  db: D1Database,
  scope: Scope,
  jobId: string,
  audit: AuditEntry,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(bulkJobs)
      .set({ status: "stopped", stopReason: null, leaseUntil: null, updatedAt: audit.at })
      .where(and(matchesJob(scope, jobId), inArray(bulkJobs.status, ["previewing", "running"]))),
    auditIfChanged(database, audit),
  ]);
  return meta.changes > 0;
}

/** Begins another preview of the customers without a result. Returns whether there are any. */
export async function previewAgainRow(
  db: D1Database,
  scope: Scope,
  jobId: string,
  { leaseUntil, audit }: { leaseUntil: number; audit: AuditEntry },
): Promise<boolean> {
  const states = sql`state IN (SELECT value FROM json_each(${JSON.stringify(previewableStates)}))`;
  const update = drizzle(db)
    .update(bulkJobs)
    .set({
      ...toOperatorColumns(audit),
      status: "previewing",
      stopReason: null,
      round: sql`round + 1`,
      leaseUntil,
      updatedAt: audit.at,
    })
    .where(
      and(
        matchesJob(scope, jobId),
        inArray(bulkJobs.status, ["ready", "stopped", "finished"]),
        hasRows(states),
      ),
    );
  const [updated] = await db.batch([
    prepareSql(db, update.getSQL()),
    prepareSql(
      db,
      sql`UPDATE bulk_job_rows SET tries = 0, message = NULL, state = 'pending',
        is_rechecked = is_rechecked OR state = 'changed'
        WHERE job_id = ${jobId} AND ${states} AND changes() > 0`,
    ),
    auditIfChangedRaw(db, audit),
  ]);
  return (updated?.meta.changes ?? 0) > 0;
}
