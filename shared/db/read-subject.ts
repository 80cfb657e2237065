import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SubjectIdentity } from "../domain/subject-name.ts";
import { entitlements, subjects } from "./tables/subjects.ts";

export type SubjectRow = typeof subjects.$inferSelect;
export type EntitlementRow = typeof entitlements.$inferSelect;

/** Reads the D1 copy of one subject, in one round trip. */
export async function readSubjectCopy(
  db: D1Database,
  { projectId, mode, subjectRef }: SubjectIdentity,
): Promise<{ subject: SubjectRow | null; entitlements: EntitlementRow[] }> {
  const database = drizzle(db);
  const [subjectRows, entitlementRows] = await database.batch([
    database
      .select()
      .from(subjects)
      .where(
        and(eq(subjects.projectId, projectId), eq(subjects.mode, mode), eq(subjects.subjectRef, subjectRef)),
      ),
    database
      .select()
      .from(entitlements)
      .where(
        and(
          eq(entitlements.projectId, projectId),
          eq(entitlements.mode, mode),
          eq(entitlements.subjectRef, subjectRef),
        ),
      ),
  ]);
  return { subject: subjectRows[0] ?? null, entitlements: entitlementRows };
}
