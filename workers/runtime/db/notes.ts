import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChanged, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { hashSubjectName } from "../../../shared/db/erasures.ts";
import { ofSubject } from "../../../shared/db/scope.ts";
import { notes } from "../../../shared/db/tables/records.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import { isErasedSql } from "./erasures.ts";

export type NoteRow = typeof notes.$inferSelect;
export type NewNote = Omit<NoteRow, "deletedAt" | "deletedBy">;

/**
 * Inserts the note with its audit entry. A note id that exists already changes nothing, and an erased
 * customer gets no note. Returns the note stored under the id, or `null`.
 */
export async function insertNote(db: D1Database, note: NewNote, audit: AuditEntry): Promise<NoteRow | null> {
  const { noteId, projectId, mode, subjectRef, text, operatorId, operatorName, createdAt } = note;
  const insert = db
    .prepare(
      `INSERT INTO notes (note_id, project_id, mode, subject_ref, text, operator_id, operator_name, created_at)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT ${isErasedSql("?9", "?2", "?3", "?4")} ON CONFLICT DO NOTHING`,
    )
    .bind(
      noteId,
      projectId,
      mode,
      subjectRef,
      text,
      operatorId,
      operatorName,
      createdAt,
      hashSubjectName(note),
    );
  await db.batch([insert, auditIfChangedRaw(db, audit)]);
  return readNote(db, note, noteId);
}

export async function readNote(db: D1Database, key: SubjectKey, noteId: string): Promise<NoteRow | null> {
  const rows = await drizzle(db)
    .select()
    .from(notes)
    .where(and(ofSubject(notes, key), eq(notes.noteId, noteId)));
  return rows[0] ?? null;
}

/** Clears the text. The row stays as the record of who wrote and who deleted the note. */
export async function deleteNote(
  db: D1Database,
  noteId: string,
  deleted: { at: number; by: string },
  audit: AuditEntry,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(notes)
      .set({ text: "", deletedAt: deleted.at, deletedBy: deleted.by })
      .where(and(eq(notes.noteId, noteId), isNull(notes.deletedAt))),
    auditIfChanged(database, audit),
  ]);
}
