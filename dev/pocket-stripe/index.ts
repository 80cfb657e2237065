import type { PocketStripeEnv } from "./env.ts";

export { PocketStripe } from "./pocket-stripe.ts";

/** One Durable Object holds all state, so that API responses and webhooks can't disagree. */
export default {
  fetch(request, env): Promise<Response> {
    return env.POCKET_STRIPE.getByName("stripe").fetch(request);
  },
} satisfies ExportedHandler<PocketStripeEnv>;
