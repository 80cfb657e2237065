import { sql } from "drizzle-orm";
import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** What operators keep of a customer beside the ledger, and what they had erased. Written by the operator entrypoint. */

export const notes = sqliteTable(
  "notes",
  {
    /** Chosen with the form: sent twice, it is one note. */
    noteId: text("note_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /** Empty once it is deleted. */
    text: text("text").notNull(),
    operatorId: text("operator_id").notNull(),
    /** As it was, so that the note still reads when its author is gone. */
    operatorName: text("operator_name").notNull(),
    createdAt: moment("created_at").notNull(),
    deletedAt: moment("deleted_at"),
    deletedBy: text("deleted_by"),
  },
  (table) => [index("notes_by_subject").on(table.projectId, table.mode, table.subjectRef, table.createdAt)],
);

/** The promise that a customer is erased, and afterwards the only thing that tells of it (docs/protocols/erase.md). */
export const erasures = sqliteTable(
  "erasures",
  {
    /** Chosen with the form: sent twice, it is one erasure. */
    erasureId: text("erasure_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** SHA-256 of the customer's name (shared/db/erasures.ts). */
    subjectHash: text("subject_hash").notNull(),
    /** Needed to finish it, and gone with that. */
    subjectRef: text("subject_ref"),
    state: text("state", { enum: ["running", "done"] }).notNull(),
    /** JSON: which step in D1 is next, and how far it is (shared/db/erase-customer.ts). */
    progress: text("progress"),
    /** Checkout attempts made by then are of before; later ones of after. No clock decides that: see `insertErasure`. */
    askedAt: moment("asked_at").notNull(),
    doneAt: moment("done_at"),
    operatorId: text("operator_id").notNull(),
    operatorName: text("operator_name").notNull(),
  },
  (table) => [
    index("erasures_by_subject").on(table.subjectHash, table.askedAt),
    // One at a time for a customer: two owners who ask at once ask for the same.
    uniqueIndex("erasures_running").on(table.subjectHash).where(sql`state = 'running'`),
  ],
);
