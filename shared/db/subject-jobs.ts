import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { CheckFinding } from "../contract/operations/data-check.ts";
import { subjectJobs } from "./tables/subject-jobs.ts";

export type SubjectJobRow = typeof subjectJobs.$inferSelect;

/** A subject with a problem: its first error, or `unreached` when its object did not respond. */
export interface SubjectFinding {
  subjectRef: string;
  where: CheckFinding["where"] | "unreached";
  message: string;
  /** The number of errors found, at most 50. */
  faults: number;
}

export const parseFindings = ({ findings }: Pick<SubjectJobRow, "findings">): SubjectFinding[] =>
  JSON.parse(findings);

export async function readSubjectJob(db: D1Database, jobId: string): Promise<SubjectJobRow | null> {
  const rows = await drizzle(db).select().from(subjectJobs).where(eq(subjectJobs.jobId, jobId));
  return rows[0] ?? null;
}
