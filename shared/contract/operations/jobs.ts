import { type OperatorReply, type Refusal, refusal } from "./reply.ts";

/** Replies that all jobs share: a form starts one, it visits many deliveries or customers, and an operator can stop it. */

export const jobAlreadyStarted: Refusal = refusal(
  "conflict",
  "This form was submitted twice. The job started the first time.",
);

/** `job` is the row after the request to stop it; `null` when the scope has none. */
export function stopReply(job: { status: "running" | "stopped" | "finished" } | null): OperatorReply {
  if (job === null) return refusal("not_found", "Job not found in this project and mode.");
  return job.status === "finished"
    ? refusal("conflict", "This job has already finished.")
    : { outcome: "done" };
}
