import { and, eq, gt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../../../shared/contract/enums.ts";
import { hashSubjectName } from "../../../shared/db/erasures.ts";
import { stripeObjects } from "../../../shared/db/tables/stripe.ts";
import { isErasedSql } from "./erasures.ts";

/** The subject that owns a Stripe object. */
export interface ObjectOwner {
  subjectRef: string;
  /** `null` when the object did not come from a Licenzy checkout. */
  attemptId: string | null;
}

/** A Stripe object of a subject, with the checkout attempt that sold it. */
export interface OwnedObject {
  stripeId: string;
  attemptId: string | null;
}

/** Returns the owner of a known object among `stripeIds`, or `null`. */
export async function findObjectOwner(
  db: D1Database,
  connectionId: string,
  stripeIds: string[],
): Promise<ObjectOwner | null> {
  const rows = await drizzle(db)
    .select({ subjectRef: stripeObjects.subjectRef, attemptId: stripeObjects.attemptId })
    .from(stripeObjects)
    .where(
      and(
        eq(stripeObjects.connectionId, connectionId),
        sql`${stripeObjects.stripeId} IN (SELECT value FROM json_each(${JSON.stringify(stripeIds)}))`,
      ),
    )
    .limit(1);
  return rows[0] ?? null;
}

/** Returns the ids of all Stripe objects of one subject. */
export async function listObjectIds(
  db: D1Database,
  connectionId: string,
  subjectRef: string,
): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ stripeId: stripeObjects.stripeId })
    .from(stripeObjects)
    .where(and(eq(stripeObjects.connectionId, connectionId), eq(stripeObjects.subjectRef, subjectRef)));
  return rows.map(({ stripeId }) => stripeId);
}

/** Returns a page of subjects that have Stripe objects, in order of `subject_ref`. */
export async function listSubjectsWithObjects(
  db: D1Database,
  connectionId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await drizzle(db)
    .selectDistinct({ subjectRef: stripeObjects.subjectRef })
    .from(stripeObjects)
    .where(and(eq(stripeObjects.connectionId, connectionId), gt(stripeObjects.subjectRef, after)))
    .orderBy(stripeObjects.subjectRef)
    .limit(limit);
  return rows.map(({ subjectRef }) => subjectRef);
}

/**
 * Records the owner of Stripe objects, and the Stripe customer that the subject's next checkout reuses.
 * Records nothing for an erased subject.
 */
export async function recordObjectOwner(
  db: D1Database,
  connection: { connectionId: string; projectId: string; mode: Mode },
  { subjectRef, customerId }: { subjectRef: string; customerId: string | null },
  objects: OwnedObject[],
  now: number,
): Promise<void> {
  const { connectionId, projectId, mode } = connection;
  // Raw SQL, because one statement then takes any number of ids.
  await db.batch([
    db
      .prepare(
        `INSERT INTO stripe_objects (connection_id, stripe_id, subject_ref, attempt_id, created_at)
         SELECT ?1, value ->> 'stripeId', ?2, value ->> 'attemptId', ?3 FROM json_each(?4)
         WHERE NOT ${isErasedSql("?5", "?6", "?7", "?2")}
         ON CONFLICT DO NOTHING`,
      )
      .bind(
        connectionId,
        subjectRef,
        now,
        JSON.stringify(objects),
        hashSubjectName({ projectId, mode, subjectRef }),
        projectId,
        mode,
      ),
    db
      .prepare(
        `UPDATE subjects SET stripe_customer_id = ?4
         WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND ?4 IS NOT NULL`,
      )
      .bind(projectId, mode, subjectRef, customerId),
  ]);
}
