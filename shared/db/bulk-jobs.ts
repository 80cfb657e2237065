import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { inScope } from "./scope.ts";
import { type bulkJobRows, bulkJobs } from "./tables/bulk-jobs.ts";

export type BulkJob = typeof bulkJobs.$inferSelect;
export type BulkJobRow = typeof bulkJobRows.$inferSelect;

export async function readBulkJob(db: D1Database, scope: Scope, jobId: string): Promise<BulkJob | null> {
  const rows = await drizzle(db)
    .select()
    .from(bulkJobs)
    .where(and(eq(bulkJobs.jobId, jobId), inScope(bulkJobs, scope)));
  return rows[0] ?? null;
}
