/**
 * The one door to every power of development: another Stripe, and a clock that can be moved.
 *
 * It arrives as the service binding `DEV` to dev/gateway, which only `dev/stack` adds. No
 * configuration that can be deployed declares it, so in production it is `undefined` and nothing below exists.
 */
export interface DevService {
  /** Milliseconds to add to the machine's clock. Zero until somebody moves the clock. */
  clockOffsetMs(): Promise<number>;
  /** Takes a request that is addressed to `https://api.stripe.com` and lets pocket Stripe answer it. */
  fetch(request: Request): Promise<Response>;
}
