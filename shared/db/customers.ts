import { and, desc, eq, gte, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { EntitlementStatus, Mode } from "../contract/words.ts";
import { tagOfDecision } from "../kit/decision-id.ts";
import { subjects } from "./tables/subjects.ts";

interface Place {
  projectId: string;
  mode: Mode;
}

export interface EntitlementInList {
  code: string;
  status: EntitlementStatus;
  unitsRemaining: number | null;
  expiresAt: number | null;
}

const listColumns = {
  subjectRef: subjects.subjectRef,
  stripeCustomerId: subjects.stripeCustomerId,
  createdAt: subjects.createdAt,
  flushedAt: subjects.flushedAt,
  /** Product codes with their status, as the copy in D1 has them. */
  entitlements:
    sql<string>`(SELECT coalesce(json_group_array(json_object('code', product_code, 'status', status,
    'unitsRemaining', units_remaining, 'expiresAt', expires_at)), '[]')
    FROM (SELECT product_code, status, units_remaining, expires_at FROM entitlements WHERE entitlements.project_id = subjects.project_id
      AND entitlements.mode = subjects.mode AND entitlements.subject_ref = subjects.subject_ref
      ORDER BY created_at DESC LIMIT 5))`.mapWith((json: string) => JSON.parse(json) as EntitlementInList[]),
};

export type CustomerInList = Awaited<ReturnType<typeof recentCustomers>>[number];

const ofPlace = ({ projectId, mode }: Place) =>
  and(eq(subjects.projectId, projectId), eq(subjects.mode, mode));

/** Newest first, older than the one the page before ended with. */
export async function recentCustomers(
  db: D1Database,
  place: Place,
  before: { createdAt: number; subjectRef: string } | undefined,
  limit: number,
) {
  return drizzle(db)
    .select(listColumns)
    .from(subjects)
    .where(
      and(
        ofPlace(place),
        before === undefined
          ? undefined
          : or(
              lt(subjects.createdAt, before.createdAt),
              and(eq(subjects.createdAt, before.createdAt), lt(subjects.subjectRef, before.subjectRef)),
            ),
      ),
    )
    .orderBy(desc(subjects.createdAt), desc(subjects.subjectRef))
    .limit(limit);
}

/**
 * Subjects whose `subject_ref` begins with `text`, and those that a Stripe id or one of our own ids (`att_…`, `ent_…`, the
 * `dec_…` of a decision, the subject tag of a log line) belongs to. One round trip; each part reads an index.
 */
export async function findCustomers(
  db: D1Database,
  place: Place,
  text: string,
  customerIds: string[],
  limit: number,
): Promise<CustomerInList[]> {
  const database = drizzle(db);
  const { projectId, mode } = place;
  const [byPrefix, byId] = await database.batch([
    database
      .select(listColumns)
      .from(subjects)
      // The range that the primary key holds in order; LIKE would read the whole table.
      .where(
        and(ofPlace(place), gte(subjects.subjectRef, text), lt(subjects.subjectRef, `${text}\u{10ffff}`)),
      )
      .orderBy(subjects.subjectRef)
      .limit(limit),
    database
      .select(listColumns)
      .from(subjects)
      .where(
        and(
          ofPlace(place),
          sql`${subjects.subjectRef} IN (
            SELECT subject_ref FROM stripe_objects WHERE connection_id IN (
              SELECT connection_id FROM stripe_connections WHERE project_id = ${projectId} AND mode = ${mode}
            ) AND stripe_id IN (SELECT value FROM json_each(${JSON.stringify([text, ...customerIds])}))
            UNION SELECT subject_ref FROM checkout_attempts
              WHERE attempt_id = ${text} AND project_id = ${projectId} AND mode = ${mode}
            UNION SELECT subject_ref FROM entitlements
              WHERE entitlement_id = ${text} AND project_id = ${projectId} AND mode = ${mode}
            UNION SELECT subject_ref FROM subjects
              WHERE subject_tag = ${tagOfDecision(text) ?? text} AND project_id = ${projectId} AND mode = ${mode})`,
        ),
      )
      .limit(limit),
  ]);
  const found = [...byId, ...byPrefix];
  return [...new Map(found.map((customer) => [customer.subjectRef, customer])).values()].slice(0, limit);
}
