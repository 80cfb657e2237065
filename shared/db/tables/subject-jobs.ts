import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { subjectJobKinds } from "../../contract/operations/data-check.ts";
import { timestampMs } from "./columns.ts";

/**
 * Jobs over all subjects of a scope, run page by page so that they can be monitored and stopped. Written by
 * the runtime.
 */
export const subjectJobs = sqliteTable(
  "subject_jobs",
  {
    /** Generated with the form, so that a form submitted twice creates one job. */
    jobId: text("job_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    kind: text("kind", { enum: subjectJobKinds }).notNull(),
    status: text("status", { enum: ["running", "stopped", "finished"] }).notNull(),
    /** The last subject that was visited; empty before the first, and after the job ends. */
    cursor: text("cursor").notNull().default(""),
    /** The number of subjects when the job began, raised if more turn up, and the number done. */
    total: integer("total").notNull(),
    done: integer("done").notNull().default(0),
    /** Among the done ones: subjects with errors, and subjects that did not respond. */
    faulty: integer("faulty").notNull().default(0),
    unreached: integer("unreached").notNull().default(0),
    /** Ledger entries that were checked, and entries that D1 had not confirmed yet. */
    entries: integer("entries").notNull().default(0),
    unflushed: integer("unflushed").notNull().default(0),
    /** JSON: the first subjects with errors or without a response (shared/db/subject-jobs.ts). */
    findings: text("findings").notNull().default("[]"),
    actorId: text("actor_id").notNull(),
    /** The name at the time, so that the list stays readable after the operator is removed. */
    actorName: text("actor_name").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    index("subject_jobs_by_project").on(table.projectId, table.mode),
    // One running job per scope, even if two admins start one at the same time.
    uniqueIndex("subject_jobs_running").on(table.projectId, table.mode).where(sql`status = 'running'`),
  ],
);
