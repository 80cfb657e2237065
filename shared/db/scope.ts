import { and, eq } from "drizzle-orm";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Scope } from "../contract/scope.ts";
import type { SubjectKey } from "../domain/subject-name.ts";

interface ScopedTable {
  projectId: AnySQLiteColumn;
  mode: AnySQLiteColumn;
}

/** Selects the rows of a scope. */
export const inScope = (table: ScopedTable, { projectId, mode }: Scope) =>
  and(eq(table.projectId, projectId), eq(table.mode, mode));

/** Selects the rows of a subject. */
export const ofSubject = (table: ScopedTable & { subjectRef: AnySQLiteColumn }, key: SubjectKey) =>
  and(inScope(table, key), eq(table.subjectRef, key.subjectRef));
