import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

/** Has the runtime go on with its work on all subjects; each turn takes a while, so that `background` is given its end. */
export async function sweepSubjectJobs(
  env: DeliveriesEnv,
  background: (work: Promise<void>) => void,
): Promise<{ jobs: number }> {
  const jobs = await env.RUNTIME.stalledSubjectJobs();
  for (const jobId of jobs)
    background(
      env.RUNTIME.runSubjectJob(jobId).catch((error: unknown) =>
        log("error", "subject_job.turn_failed", { jobId, error: errorMessage(error) }),
      ),
    );
  return { jobs: jobs.length };
}
