import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { subjectJobKinds } from "../../contract/operations/data-check.ts";
import { modes } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** Work on all subjects of a project and mode, done page by page so that it can be watched and stopped. Written by the runtime. */
export const subjectJobs = sqliteTable(
  "subject_jobs",
  {
    /** Chosen with the form: sent twice, it is one job. */
    jobId: text("job_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    kind: text("kind", { enum: subjectJobKinds }).notNull(),
    status: text("status", { enum: ["running", "stopped", "finished"] }).notNull(),
    /** The last subject that was visited; empty before the first, and once the job is over. */
    cursor: text("cursor").notNull().default(""),
    /** How many subjects there were when the job began, or more where others came; and how many are done. */
    total: integer("total").notNull(),
    done: integer("done").notNull().default(0),
    /** Of those that are done: with faults, and without an answer. */
    faulty: integer("faulty").notNull().default(0),
    unreached: integer("unreached").notNull().default(0),
    /** Ledger entries that were looked at, and those that D1 had not confirmed yet. */
    entries: integer("entries").notNull().default(0),
    unflushed: integer("unflushed").notNull().default(0),
    /** JSON: the first of the faulty and unreached subjects by name (shared/db/subject-jobs.ts). */
    findings: text("findings").notNull().default("[]"),
    actorId: text("actor_id").notNull(),
    /** As it was, so that the list still reads when they are gone. */
    actorName: text("actor_name").notNull(),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [
    index("subject_jobs_by_project").on(table.projectId, table.mode),
    // One at a time: two admins who begin at once begin one.
    uniqueIndex("subject_jobs_running").on(table.projectId, table.mode).where(sql`status = 'running'`),
  ],
);
