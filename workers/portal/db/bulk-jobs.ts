import { and, desc, eq, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import type { BulkRowState } from "../../../shared/contract/operations/bulk-jobs.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { BulkJob, BulkJobRow } from "../../../shared/db/bulk-jobs.ts";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { bulkJobRows, bulkJobs } from "../../../shared/db/tables/bulk-jobs.ts";
import { type ProductName, selectNamesOf } from "./product-names.ts";

/** Names both tables: in a query of one table, a column's name has no table, and would be a column of the counted rows. */
const countRows = (condition: string) =>
  sql<number>`(SELECT count(*) FROM bulk_job_rows AS counted WHERE counted.job_id = bulk_jobs.job_id AND ${sql.raw(condition)})`;

/** Returns the newest jobs of the scope with the number of their customers, and the names of products, in one round trip. */
export async function listBulkJobs(databases: Databases, scope: Scope, limit: number) {
  const [[products], [jobs]] = await queryBoth(databases, selectNamesOf(scope), (database) => [
    database
      .select({
        jobId: bulkJobs.jobId,
        action: bulkJobs.action,
        status: bulkJobs.status,
        operatorName: bulkJobs.operatorName,
        note: bulkJobs.note,
        createdAt: bulkJobs.createdAt,
        total: countRows("true").as("total"),
        done: countRows("state = 'done'").as("done"),
      })
      .from(bulkJobs)
      .where(inScope(bulkJobs, scope))
      .orderBy(desc(bulkJobs.jobId))
      .limit(limit),
  ]);
  return { jobs, products };
}

/** The customers of a job with the same state and the same change of access. */
export interface BulkGroup extends Pick<BulkJobRow, "state" | "before" | "after"> {
  count: number;
}

export interface BulkJobPage {
  job: BulkJob;
  groups: BulkGroup[];
  rows: BulkJobRow[];
  hasMore: boolean;
  products: ProductName[];
  /** The newest job that undoes this one. */
  undoneBy: Pick<BulkJob, "jobId" | "status"> | null;
}

/**
 * Returns the job with its totals and a page of its customers, in one round trip; `null` when the scope has no such job.
 * `after` is the position of the last customer of the page before.
 */
export async function readBulkJobPage(
  databases: Databases,
  scope: Scope,
  jobId: string,
  { state, after, limit }: { state: BulkRowState | null; after: number; limit: number },
): Promise<BulkJobPage | null> {
  const { before, after: accessAfter } = bulkJobRows;
  const ofJob = (database: DrizzleD1Database) =>
    [
      database
        .select()
        .from(bulkJobs)
        .where(and(eq(bulkJobs.jobId, jobId), inScope(bulkJobs, scope))),
      database
        .select({ state: bulkJobRows.state, before, after: accessAfter, count: sql<number>`count(*)` })
        .from(bulkJobRows)
        .where(eq(bulkJobRows.jobId, jobId))
        .groupBy(bulkJobRows.state, before, accessAfter),
      database
        .select()
        .from(bulkJobRows)
        .where(
          and(
            eq(bulkJobRows.jobId, jobId),
            sql`position > ${after}`,
            state === null ? undefined : eq(bulkJobRows.state, state),
          ),
        )
        .orderBy(bulkJobRows.position)
        .limit(limit + 1),
      database
        .select({ jobId: bulkJobs.jobId, status: bulkJobs.status })
        .from(bulkJobs)
        .where(sql`undoes IS NOT NULL AND undoes = ${jobId}`)
        .orderBy(desc(bulkJobs.jobId))
        .limit(1),
    ] as const;
  const [[products], [jobs, groups, rows, undoing]] = await queryBoth(databases, selectNamesOf(scope), ofJob);
  const [job] = jobs;
  if (job === undefined) return null;
  return {
    job,
    groups,
    rows: rows.slice(0, limit),
    hasMore: rows.length > limit,
    products,
    undoneBy: undoing[0] ?? null,
  };
}
