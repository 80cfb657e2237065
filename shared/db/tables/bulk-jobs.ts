import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { type BulkAction, bulkJobStatuses, bulkRowStates } from "../../contract/operations/bulk-jobs.ts";
import { actionReasons } from "../../contract/operations/inputs.ts";
import { timestampMs } from "./columns.ts";

/** Actions on many customers, and their result per customer. Written by the runtime. */

export const bulkJobs = sqliteTable(
  "bulk_jobs",
  {
    /** Generated with the form, so that a form submitted twice creates one job. */
    jobId: text("job_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    action: text("action", { mode: "json" }).$type<BulkAction>().notNull(),
    reason: text("reason", { enum: actionReasons }).notNull(),
    note: text("note").notNull(),
    /** The job that this one undoes. */
    undoes: text("undoes"),
    status: text("status", { enum: bulkJobStatuses }).notNull(),
    /** Why the job stopped without an operator. */
    stopReason: text("stop_reason"),
    /** The number of the preview: a start names the one that the operator saw. */
    round: integer("round").notNull().default(0),
    /** Until then a worker runs the job. A later worker may claim it. */
    leaseUntil: timestampMs("lease_until"),
    /** The operator who created the job, or who started it. Each customer's action is theirs. */
    accountId: text("account_id").notNull(),
    operatorId: text("operator_id").notNull(),
    /** Name and email at the time, so that the job stays readable after the operator is removed. */
    operatorName: text("operator_name").notNull(),
    operatorEmail: text("operator_email").notNull(),
    ipAddress: text("ip_address"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    index("bulk_jobs_by_project").on(table.projectId, table.mode),
    index("bulk_jobs_due").on(table.leaseUntil).where(sql`status IN ('previewing', 'running')`),
    index("bulk_jobs_undoing").on(table.undoes).where(sql`undoes IS NOT NULL`),
  ],
);

export const bulkJobRows = sqliteTable(
  "bulk_job_rows",
  {
    jobId: text("job_id").notNull(),
    /** The place in the operator's list, from 0. The action's id is made of it. */
    position: integer("position").notNull(),
    /** Null after the customer was erased. */
    subjectRef: text("subject_ref"),
    state: text("state", { enum: bulkRowStates }).notNull(),
    /** The entitlement to revoke or adjust, or the sequence of the entry to undo. */
    target: text("target"),
    /** Of the preview: the action applies only while it is the same. */
    fingerprint: text("fingerprint"),
    /** Access before and after: `allowed`, or the denial reason. */
    before: text("before"),
    after: text("after"),
    /** The units that the action moves. Negative when units leave. */
    units: integer("units"),
    /** Why the action was refused, or what it did. */
    message: text("message"),
    /** The ledger entry that the action wrote. */
    sequence: integer("sequence"),
    /** Attempts without an answer, of the preview or the action. */
    tries: integer("tries").notNull().default(0),
    /** Whether the operator continued after a change: like a single action, it then applies while the customer consumes. */
    isRechecked: integer("is_rechecked", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.position] }),
    // For erasures and exports.
    index("bulk_job_rows_by_subject").on(table.subjectRef).where(sql`subject_ref IS NOT NULL`),
  ],
);
