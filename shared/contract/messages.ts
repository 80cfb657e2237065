/** The messages of the two queues. Each names a row in D1, which is the truth: a lost or repeated message changes nothing. */

/** Requests a try of one row of the Stripe inbox. */
export interface StripeRetryMessage {
  connectionId: string;
  eventId: string;
  /** Names the database of the row. A message of an earlier release lacks it, and the connection names it then. */
  projectId: string;
}

/** Names a job: the project names its database. */
export interface JobKey {
  projectId: string;
  jobId: string;
}
