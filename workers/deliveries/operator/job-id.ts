import { refusal } from "../../../shared/contract/operator.ts";

/** A job's id is chosen with the form, so that a form which is sent twice begins one job. */
export const isJobId = (jobId: string): boolean => /^job_[0-9a-z]{26}$/.test(jobId);

export const damagedJob = refusal("invalid", "The form is damaged: load the page again.");
export const jobSentTwice = refusal("conflict", "This form was sent twice; the job began the first time.");
