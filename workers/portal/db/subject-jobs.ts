import { desc } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { subjectJobs } from "../../../shared/db/tables/subject-jobs.ts";

/** Returns the newest jobs of the scope, without their findings. */
export async function listSubjectJobs(db: D1Database, scope: Scope, limit: number) {
  return drizzle(db)
    .select({
      jobId: subjectJobs.jobId,
      kind: subjectJobs.kind,
      status: subjectJobs.status,
      total: subjectJobs.total,
      done: subjectJobs.done,
      faulty: subjectJobs.faulty,
      unreached: subjectJobs.unreached,
      actorName: subjectJobs.actorName,
      createdAt: subjectJobs.createdAt,
    })
    .from(subjectJobs)
    .where(inScope(subjectJobs, scope))
    .orderBy(desc(subjectJobs.jobId))
    .limit(limit);
}
