import { and, desc, eq, gt, gte, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { EntitlementStatus } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import { getDecisionSubjectTag } from "../../../shared/kit/decision-id.ts";

export interface EntitlementListItem {
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
  /** The newest six entitlements in the D1 copy. */
  entitlements:
    sql<string>`(SELECT coalesce(json_group_array(json_object('code', product_code, 'status', status,
    'unitsRemaining', units_remaining, 'expiresAt', expires_at)), '[]')
    FROM (SELECT product_code, status, units_remaining, expires_at FROM entitlements
      WHERE entitlements.project_id = subjects.project_id
      AND entitlements.mode = subjects.mode AND entitlements.subject_ref = subjects.subject_ref
      ORDER BY created_at DESC LIMIT 6))`.mapWith(
      (json: string) => JSON.parse(json) as EntitlementListItem[],
    ),
};

export interface FoundCustomers {
  customers: CustomerListItem[];
  /** The `subject_ref` after which the next page begins; `null` on the last page. */
  after: string | null;
  /** Whether more customers own the id than one page holds. */
  hasMoreOwners: boolean;
}

export type CustomerListItem = Awaited<ReturnType<typeof listCustomers>>[number];

/** Returns a page of customers, newest first. `before` is the last customer of the previous page. */
export async function listCustomers(
  db: D1Database,
  scope: Scope,
  before: { createdAt: number; subjectRef: string } | undefined,
  limit: number,
) {
  return drizzle(db)
    .select(listColumns)
    .from(subjects)
    .where(
      and(
        inScope(subjects, scope),
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
 * Returns subjects with a `subject_ref` that begins with `text`, and subjects that own the id `text`: a
 * Stripe id, or a Licenzy id (`att_…`, `ent_…`, `dec_…`, or the subject tag of a log line). One round trip;
 * each part reads an index. `page.after` continues the names that begin with `text`.
 */
export async function findCustomers(
  db: D1Database,
  scope: Scope,
  text: string,
  customerIds: string[],
  page: { after: string | null; limit: number },
): Promise<FoundCustomers> {
  const database = drizzle(db);
  const { projectId, mode } = scope;
  const { after, limit } = page;
  const [byPrefix, byId] = await database.batch([
    database
      .select(listColumns)
      .from(subjects)
      // A range of the primary key; LIKE would read the whole table.
      .where(
        and(
          inScope(subjects, scope),
          after === null ? gte(subjects.subjectRef, text) : gt(subjects.subjectRef, after),
          lt(subjects.subjectRef, `${text}\u{10ffff}`),
        ),
      )
      .orderBy(subjects.subjectRef)
      .limit(limit + 1),
    database
      .select(listColumns)
      .from(subjects)
      .where(
        and(
          inScope(subjects, scope),
          sql`${subjects.subjectRef} IN (
            SELECT subject_ref FROM stripe_objects WHERE connection_id IN (
              SELECT connection_id FROM stripe_connections WHERE project_id = ${projectId} AND mode = ${mode}
            ) AND stripe_id IN (SELECT value FROM json_each(${JSON.stringify([text, ...customerIds])}))
            UNION SELECT subject_ref FROM checkout_attempts
              WHERE attempt_id = ${text} AND project_id = ${projectId} AND mode = ${mode}
            UNION SELECT subject_ref FROM entitlements
              WHERE entitlement_id = ${text} AND project_id = ${projectId} AND mode = ${mode}
            UNION SELECT subject_ref FROM subjects
              WHERE subject_tag = ${getDecisionSubjectTag(text) ?? text} AND project_id = ${projectId} AND mode = ${mode})`,
        ),
      )
      // The owners of an id come first, on the first page.
      .limit(after === null ? limit + 1 : 0),
  ]);
  const owners = byId.slice(0, limit);
  const known = new Set(owners.map(({ subjectRef }) => subjectRef));
  const others = byPrefix.filter(({ subjectRef }) => !known.has(subjectRef));
  const shown = others.slice(0, limit - owners.length);
  const isMore = byPrefix.length > limit || others.length > shown.length;
  return {
    customers: [...owners, ...shown],
    after: isMore ? (shown.at(-1)?.subjectRef ?? null) : null,
    hasMoreOwners: byId.length > owners.length,
  };
}
