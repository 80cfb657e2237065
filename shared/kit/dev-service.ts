/**
 * The only entry point of the development controls: pocket Stripe instead of Stripe, and a movable clock.
 *
 * The service binding `DEV` to dev/gateway provides it, and only `dev/stack` adds that binding.
 * No deployable configuration declares it, so in production it is `undefined` and none of this exists.
 */
export interface DevService {
  /** Milliseconds to add to the machine's clock. Zero until a test or developer moves the clock. */
  clockOffsetMs(): Promise<number>;
  /** Returns false when requests for Stripe go over the network, to Stripe itself. */
  usesPocketStripe(): Promise<boolean>;
  /** Answers a request to `https://api.stripe.com` with pocket Stripe. */
  fetch(request: Request): Promise<Response>;
}
