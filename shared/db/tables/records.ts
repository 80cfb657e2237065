import { sql } from "drizzle-orm";
import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/** Customer notes and erasures. Written by the runtime for operators. */

export const notes = sqliteTable(
  "notes",
  {
    /** Generated with the form, so that a form submitted twice creates one note. */
    noteId: text("note_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /** Empty after deletion. */
    text: text("text").notNull(),
    operatorId: text("operator_id").notNull(),
    /** The name at the time of writing, so that the note stays readable after its author is removed. */
    operatorName: text("operator_name").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    deletedAt: timestampMs("deleted_at"),
    deletedBy: text("deleted_by"),
  },
  (table) => [index("notes_by_subject").on(table.projectId, table.mode, table.subjectRef, table.createdAt)],
);

/** The commitment to erase a customer, and the only record of it afterwards (docs/protocols/erase.md). */
export const erasures = sqliteTable(
  "erasures",
  {
    /** Generated with the form, so that a form submitted twice creates one erasure. */
    erasureId: text("erasure_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** SHA-256 of the customer's name (shared/db/erasures.ts). */
    subjectHash: text("subject_hash").notNull(),
    /** Needed to finish the erasure; cleared when it is done. */
    subjectRef: text("subject_ref"),
    state: text("state", { enum: ["running", "done"] }).notNull(),
    /** JSON: the current step in D1 and its cursor (shared/db/erase-customer.ts). */
    progress: text("progress"),
    /**
     * Checkout attempts up to this time predate the erasure. D1 orders the two without comparing clocks: see
     * `insertErasure`.
     */
    askedAt: timestampMs("asked_at").notNull(),
    doneAt: timestampMs("done_at"),
    /** When a sweep last continued it. The least recently continued one is next. */
    triedAt: timestampMs("tried_at"),
    operatorId: text("operator_id").notNull(),
    operatorName: text("operator_name").notNull(),
  },
  (table) => [
    index("erasures_by_subject").on(table.subjectHash, table.askedAt),
    // One running erasure per customer, even if two owners request it at the same time.
    uniqueIndex("erasures_running").on(table.subjectHash).where(sql`state = 'running'`),
  ],
);
