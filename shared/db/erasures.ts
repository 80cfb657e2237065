import { and, desc, eq, sql } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import { subjectName } from "../domain/subject-name.ts";
import { sha256Hex } from "../kit/hash.ts";
import { type AuditEntry, auditIfChangedRaw } from "./audit.ts";
import type { CustomerKey } from "./customer-page.ts";
import { erasures } from "./tables/records.ts";

export type ErasureRow = typeof erasures.$inferSelect;

/** What is kept of a customer's name once they are erased. Whoever guesses the name can tell that it is this one. */
export function subjectHash(key: CustomerKey): string {
  return sha256Hex(`licenzy erased subject\n${subjectName(key)}`);
}

/**
 * The promise to erase, with its audit row, once per form and one at a time per customer. Returns the form's own row, or
 * the one that is running already.
 *
 * `asked_at` is never before a checkout attempt that is there, and an attempt that comes later is given a later time
 * (`insertAttempt`): D1 orders the two, and no two clocks are compared.
 */
export async function insertErasure(
  db: D1Database,
  erasure: CustomerKey & Pick<ErasureRow, "erasureId" | "operatorId" | "operatorName">,
  audit: AuditEntry,
): Promise<ErasureRow | null> {
  const { erasureId, projectId, mode, subjectRef, operatorId, operatorName } = erasure;
  const hash = subjectHash(erasure);
  const database = drizzle(db);
  const insert = db
    .prepare(
      `INSERT INTO erasures (erasure_id, project_id, mode, subject_hash, subject_ref, state, asked_at, operator_id, operator_name)
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
  const mine = own[0]?.subjectHash === hash ? own[0] : undefined;
  return mine ?? running[0] ?? null;
}

/** Erasures that are not finished, oldest first. */
export async function runningErasures(db: D1Database, limit: number): Promise<ErasureRow[]> {
  return drizzle(db)
    .select()
    .from(erasures)
    .where(sql`state = 'running'`)
    .orderBy(erasures.askedAt)
    .limit(limit);
}

/** The promise is kept: from now on nothing here knows the name. */
export async function finishErasure(db: D1Database, erasureId: string, now: number): Promise<void> {
  await drizzle(db)
    .update(erasures)
    .set({ state: "done", doneAt: now, subjectRef: null, progress: null })
    .where(and(eq(erasures.erasureId, erasureId), eq(erasures.state, "running")));
}

/** The latest erasure of the customer, as a statement for a batch. */
export function lastErasure(database: DrizzleD1Database, key: CustomerKey) {
  return database
    .select({
      erasureId: erasures.erasureId,
      state: erasures.state,
      askedAt: erasures.askedAt,
      doneAt: erasures.doneAt,
      operatorName: erasures.operatorName,
    })
    .from(erasures)
    .where(eq(erasures.subjectHash, subjectHash(key)))
    .orderBy(desc(erasures.askedAt))
    .limit(1);
}

export type LastErasure = Awaited<ReturnType<typeof lastErasure>>[number];

export async function readLastErasure(db: D1Database, key: CustomerKey): Promise<LastErasure | null> {
  return (await lastErasure(drizzle(db), key))[0] ?? null;
}

/**
 * For a condition: whether nothing may be written of the customer, because an erasure is running, or is done and no
 * checkout came after it. Parameters are named by number: the hash, project, mode and customer.
 */
export const isErasedSql = (hash: string, project: string, mode: string, subject: string): string => `
  EXISTS (SELECT 1 FROM erasures WHERE subject_hash = ${hash} AND (state = 'running' OR (
    NOT EXISTS (SELECT 1 FROM subjects
      WHERE project_id = ${project} AND mode = ${mode} AND subject_ref = ${subject})
    AND NOT EXISTS (SELECT 1 FROM checkout_attempts
      WHERE project_id = ${project} AND mode = ${mode} AND subject_ref = ${subject}))))`;

export async function isErased(db: D1Database, key: CustomerKey): Promise<boolean> {
  const { projectId, mode, subjectRef } = key;
  const row = await db
    .prepare(`SELECT ${isErasedSql("?1", "?2", "?3", "?4")} AS erased`)
    .bind(subjectHash(key), projectId, mode, subjectRef)
    .first<{ erased: number }>();
  return row?.erased === 1;
}
