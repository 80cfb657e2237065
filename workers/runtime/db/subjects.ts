import { and, asc, eq, gt, or } from "drizzle-orm";
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

// The least recently woken are first: an object that fails each time does not keep its place at the head.
const claimToWake = `
  UPDATE subjects SET woken_at = ?1 WHERE (project_id, mode, subject_ref) IN (
    SELECT project_id, mode, subject_ref FROM (
      SELECT * FROM (
        SELECT project_id, mode, subject_ref, coalesce(woken_at, 0) AS last, next_expiry_at AS due FROM subjects
        WHERE next_expiry_at IS NOT NULL AND next_expiry_at <= ?1 AND coalesce(woken_at, 0) <= ?2
        ORDER BY last, due LIMIT ?4)
      UNION ALL
      SELECT * FROM (
        SELECT project_id, mode, subject_ref, 0 AS last, created_at AS due FROM subjects
        WHERE head_sequence = 0 AND woken_at IS NULL AND created_at <= ?3
        ORDER BY created_at LIMIT CAST(?4 / 5 AS INTEGER)))
    ORDER BY last, due LIMIT ?4)
  RETURNING project_id AS projectId, mode, subject_ref AS subjectRef, region`;

/**
 * Claims and returns subjects that their alarm should have woken: an expiry before `now` is not recorded yet,
 * and nothing woke them since `wokenBefore`; or they were registered before `createdBefore`, never flushed, and
 * never woken. Of concurrent sweeps each gets other subjects.
 */
export async function claimSubjectsToWake(
  db: D1Database,
  { now, wokenBefore, createdBefore }: { now: number; wokenBefore: number; createdBefore: number },
  limit: number,
): Promise<SubjectIdentity[]> {
  const { results } = await db
    .prepare(claimToWake)
    .bind(now, wokenBefore, createdBefore, limit)
    .all<SubjectIdentity>();
  return results;
}

const claimDueReviews = `
  UPDATE subjects SET next_review_at = ?2 WHERE (project_id, mode, subject_ref) IN (
    SELECT project_id, mode, subject_ref FROM subjects
    WHERE next_review_at IS NOT NULL AND next_review_at <= ?1 ORDER BY next_review_at LIMIT ?3)
  RETURNING project_id AS projectId, mode, subject_ref AS subjectRef, region`;

/**
 * Claims and returns subjects with a subscription that is due to be read again from Stripe, longest overdue first.
 * Postpones the review to `until`, so that a failing one does not repeat every minute. The next flush sets the due
 * time again.
 */
export async function claimReviews(
  db: D1Database,
  { now, until }: { now: number; until: number },
  limit: number,
): Promise<SubjectIdentity[]> {
  const { results } = await db.prepare(claimDueReviews).bind(now, until, limit).all<SubjectIdentity>();
  return results;
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
