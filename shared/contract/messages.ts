/** The messages of the two queues. Each names a row in D1, which is the truth: a lost or repeated message changes nothing. */

/** Requests a try of one row of the Stripe inbox. */
export interface StripeRetryMessage {
  connectionId: string;
  eventId: string;
}
