import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Resumes stalled subject jobs in the runtime. A turn takes up to 20 s, so `background` receives its promise.
 */
export async function sweepSubjectJobs(
  env: DeliveriesEnv,
  database: number,
  background: (work: Promise<void>) => void,
): Promise<{ jobs: number }> {
  const jobs = await env.RUNTIME.claimSubjectJobs(database);
  for (const key of jobs)
    background(
      env.RUNTIME.runSubjectJob(key).catch((error: unknown) =>
        log("error", "subject_job.turn_failed", { jobId: key.jobId, error: errorMessage(error) }),
      ),
    );
  return { jobs: jobs.length };
}
