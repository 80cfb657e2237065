import { type OperatorReply, type Refusal, refusal } from "./operator.ts";

/** What jobs have in common, of deliveries and of subjects: work on many, that one form begins and that can be stopped. */

/** A job's id is chosen with the form, so that a form which is sent twice begins one job. */
export const isJobId = (jobId: string): boolean => /^job_[0-9a-z]{26}$/.test(jobId);

export const damagedJob: Refusal = refusal("invalid", "The form is damaged: load the page again.");
export const jobSentTwice: Refusal = refusal(
  "conflict",
  "This form was sent twice; the job began the first time.",
);

/** What stopping it came to. `job` is the row as it is afterwards; `null` when the place has none. */
export function stopReply(job: { status: "running" | "stopped" | "finished" } | null): OperatorReply {
  if (job === null) return refusal("not_found", "There is no such job in this project and mode.");
  return job.status === "finished"
    ? refusal("conflict", "The job was finished already.")
    : { outcome: "done" };
}
