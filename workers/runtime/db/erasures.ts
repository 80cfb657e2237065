import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type AuditEntry, auditIfChangedRaw } from "../../../shared/db/audit.ts";
import { type ErasureRow, hashSubjectName } from "../../../shared/db/erasures.ts";
import { erasures } from "../../../shared/db/tables/records.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

/**
 * Inserts the erasure with its audit entry, once per form and one at a time per customer. Returns the form's
 * own row, or the erasure that is already running.
 *
 * `asked_at` is never earlier than an existing checkout attempt, and an attempt made afterwards has a later
 * time (`insertAttempt` enforces it). So D1 orders the two, and no two clocks are compared.
 */
export async function insertErasure(
  db: D1Database,
  erasure: SubjectKey & Pick<ErasureRow, "erasureId" | "operatorId" | "operatorName">,
  audit: AuditEntry,
): Promise<ErasureRow | null> {
  const { erasureId, projectId, mode, subjectRef, operatorId, operatorName } = erasure;
  const hash = hashSubjectName(erasure);
  const database = drizzle(db);
  const insert = db
    .prepare(
      `INSERT INTO erasures (erasure_id, project_id, mode, subject_hash, subject_ref, state,
         asked_at, operator_id, operator_name)
       SELECT ?1, ?2, ?3, ?4, ?5, 'running', max(?6,
         coalesce((SELECT max(created_at) FROM checkout_attempts
           WHERE project_id = ?2 AND mode = ?3 AND subject_ref = ?5), 0),
         coalesce((SELECT max(asked_at) + 1 FROM erasures WHERE subject_hash = ?4), 0)), ?7, ?8
       WHERE true ON CONFLICT DO NOTHING`,
    )
    .bind(erasureId, projectId, mode, hash, subjectRef, audit.at, operatorId, operatorName);
  await db.batch([insert, auditIfChangedRaw(db, audit)]);
  const [own, running] = await database.batch([
    database.select().from(erasures).where(eq(erasures.erasureId, erasureId)),
    database
      .select()
      .from(erasures)
      .where(and(eq(erasures.subjectHash, hash), sql`state = 'running'`)),
  ]);
  const ownRow = own[0]?.subjectHash === hash ? own[0] : undefined;
  return ownRow ?? running[0] ?? null;
}

/**
 * Claims and returns unfinished erasures that no sweep continued since `triedBefore`. The least recently
 * continued are first, so that an erasure that fails each time delays no other.
 */
export async function claimRunningErasures(
  db: D1Database,
  { now, triedBefore }: { now: number; triedBefore: number },
  limit: number,
): Promise<ErasureRow[]> {
  const unfinished = sql`SELECT erasure_id FROM erasures
    WHERE state = 'running' AND coalesce(tried_at, 0) <= ${triedBefore}
    ORDER BY tried_at, asked_at LIMIT ${limit}`;
  return drizzle(db)
    .update(erasures)
    .set({ triedAt: now })
    .where(sql`erasure_id IN (${unfinished})`)
    .returning();
}

/** Marks the erasure done and removes the customer's name from it. */
export async function finishErasure(db: D1Database, erasureId: string, now: number): Promise<void> {
  await drizzle(db)
    .update(erasures)
    .set({ state: "done", doneAt: now, subjectRef: null, progress: null })
    .where(and(eq(erasures.erasureId, erasureId), eq(erasures.state, "running")));
}

/**
 * Builds a SQL condition that is true when no row may be written for the customer. That is so while an
 * erasure is running, and after it until the customer has a row in `subjects` or `checkout_attempts` again.
 * The arguments are SQL parameters, for example `?1`.
 */
export const isErasedSql = (hash: string, project: string, mode: string, subject: string): string => `
  EXISTS (SELECT 1 FROM erasures WHERE subject_hash = ${hash} AND (state = 'running' OR (
    NOT EXISTS (SELECT 1 FROM subjects
      WHERE project_id = ${project} AND mode = ${mode} AND subject_ref = ${subject})
    AND NOT EXISTS (SELECT 1 FROM checkout_attempts
      WHERE project_id = ${project} AND mode = ${mode} AND subject_ref = ${subject}))))`;

export async function isErased(db: D1Database, key: SubjectKey): Promise<boolean> {
  const { projectId, mode, subjectRef } = key;
  const row = await db
    .prepare(`SELECT ${isErasedSql("?1", "?2", "?3", "?4")} AS erased`)
    .bind(hashSubjectName(key), projectId, mode, subjectRef)
    .first<{ erased: number }>();
  return row?.erased === 1;
}

/**
 * Counts the D1 records of a customer, in one round trip. `now` decides which checkouts can still be paid.
 */
export async function countCustomerRecords(
  db: D1Database,
  { projectId, mode, subjectRef }: SubjectKey,
  now: number,
) {
  const counts = await db
    .prepare(
      `SELECT
        (SELECT count(*) FROM checkout_attempts WHERE ${matchesCustomer} AND status = 'created' AND (expires_at > ?4
          OR stripe_session_id IS NULL)) AS openCheckouts,
        (SELECT count(*) FROM notes WHERE ${matchesCustomer}) AS notes,
        (SELECT count(*) FROM stripe_events WHERE ${matchesCustomer}) AS stripeEvents,
        (SELECT count(*) FROM deliveries WHERE ${matchesCustomer}) AS deliveries`,
    )
    .bind(projectId, mode, subjectRef, now)
    .first<{ openCheckouts: number; notes: number; stripeEvents: number; deliveries: number }>();
  if (counts === null) throw new Error("the count returned no row");
  return counts;
}

const matchesCustomer = "project_id = ?1 AND mode = ?2 AND subject_ref = ?3";
