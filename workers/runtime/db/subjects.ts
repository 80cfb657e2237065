import { and, asc, eq, gt, isNotNull, lte, or } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { ofSubject } from "../../../shared/db/scope.ts";
import { entitlements, subjects } from "../../../shared/db/tables/subjects.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";

export type SubjectRow = typeof subjects.$inferSelect;

export type EntitlementRow = typeof entitlements.$inferSelect;

/** Reads the D1 copy of one subject, in one round trip. */
export async function readSubjectCopy(
  db: D1Database,
  key: SubjectIdentity,
): Promise<{ subject: SubjectRow | null; entitlements: EntitlementRow[] }> {
  const database = drizzle(db);
  const [subjectRows, entitlementRows] = await database.batch([
    database.select().from(subjects).where(ofSubject(subjects, key)),
    database.select().from(entitlements).where(ofSubject(entitlements, key)),
  ]);
  return { subject: subjectRows[0] ?? null, entitlements: entitlementRows };
}

const identityColumns = {
  projectId: subjects.projectId,
  mode: subjects.mode,
  subjectRef: subjects.subjectRef,
  region: subjects.region,
};

/** Returns subjects with an expiry before `now` that is not recorded yet, longest overdue first. */
export const listSubjectsToExpire = (db: D1Database, now: number, limit: number) =>
  listDueSubjects(db, subjects.nextExpiryAt, now, limit);

/** Returns subjects with a subscription that is due to be read again from Stripe, longest overdue first. */
export const listSubjectsToReview = (db: D1Database, now: number, limit: number) =>
  listDueSubjects(db, subjects.nextReviewAt, now, limit);

/** The indexes of the due times are partial: they cover only rows with one. */
async function listDueSubjects(
  db: D1Database,
  dueAt: typeof subjects.nextExpiryAt | typeof subjects.nextReviewAt,
  now: number,
  limit: number,
): Promise<SubjectIdentity[]> {
  return drizzle(db)
    .select(identityColumns)
    .from(subjects)
    .where(and(isNotNull(dueAt), lte(dueAt, now)))
    .orderBy(asc(dueAt))
    .limit(limit);
}

/**
 * Postpones a failed review, so that it does not repeat every minute. The next flush sets the due time again.
 */
export async function postponeReview(db: D1Database, subject: SubjectIdentity, until: number): Promise<void> {
  await drizzle(db).update(subjects).set({ nextReviewAt: until }).where(ofSubject(subjects, subject));
}

/** Returns a page of all subjects, in key order. `after` is the last subject of the previous page. */
export async function listSubjects(
  db: D1Database,
  after: SubjectIdentity | null,
  limit: number,
): Promise<SubjectIdentity[]> {
  const { projectId, mode, subjectRef } = subjects;
  return drizzle(db)
    .select(identityColumns)
    .from(subjects)
    .where(
      after === null
        ? undefined
        : or(
            gt(projectId, after.projectId),
            and(eq(projectId, after.projectId), gt(mode, after.mode)),
            and(eq(projectId, after.projectId), eq(mode, after.mode), gt(subjectRef, after.subjectRef)),
          ),
    )
    .orderBy(asc(projectId), asc(mode), asc(subjectRef))
    .limit(limit);
}

/** Returns a page of the subjects of one scope. `after` is the last `subject_ref` of the previous page. */
export async function listSubjectsOfProject(
  db: D1Database,
  scope: Pick<SubjectIdentity, "projectId" | "mode">,
  after: string,
  limit: number,
): Promise<SubjectIdentity[]> {
  const { projectId, mode, subjectRef } = subjects;
  return drizzle(db)
    .select(identityColumns)
    .from(subjects)
    .where(and(eq(projectId, scope.projectId), eq(mode, scope.mode), gt(subjectRef, after)))
    .orderBy(asc(subjectRef))
    .limit(limit);
}
