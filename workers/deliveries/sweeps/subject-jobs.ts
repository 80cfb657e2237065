import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Resumes stalled subject jobs in the runtime. A turn takes up to 20 s, so `background` receives its promise.
 */
export async function sweepSubjectJobs(
  env: DeliveriesEnv,
  background: (work: Promise<void>) => void,
): Promise<{ jobs: number }> {
  const jobs = await env.RUNTIME.claimSubjectJobs();
  for (const jobId of jobs)
    background(
      env.RUNTIME.runSubjectJob(jobId).catch((error: unknown) =>
        log("error", "subject_job.turn_failed", { jobId, error: errorMessage(error) }),
      ),
    );
  return { jobs: jobs.length };
}
