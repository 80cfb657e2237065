/**
 * How long a request waits for what it depends on, in milliseconds. Calls to D1 have their own limit
 * (`shared/db/d1-timeout.ts`).
 */
export const timeouts = {
  /** From the start of the request, so its key lookup counts. The API promises an answer within 400 ms. */
  check: 350,
  /** As `check`, for a caller in another region than the project: with the way there and back, twice for a new key. */
  checkAway: 950,
  /** From the start of the request. The API promises an answer within 2 s. */
  read: 1_800,
  /** From the start of the request. The API promises an answer within 2 s. */
  consume: 1_800,
  /** A check that waited this long for its key still has 100 ms for its subject. */
  keyLookup: 250,
  /** As `keyLookup`, with the way to the project's region and back. */
  keyLookupAway: 550,
  /**
   * From the start of the request. Stripe gets its reply within 2 s once its event is stored; the first try of the
   * event continues after it (`tryTimeoutMs`).
   */
  stripeWebhook: 1_500,
  readiness: 1_000,
};
