import type { Env } from "./env.ts";

export { PocketStripe } from "./pocket-stripe.ts";

/** Everything is in one object, so that what an API call reads and what a webhook says can't disagree. */
export default {
  fetch(request, env): Promise<Response> {
    return env.POCKET_STRIPE.getByName("stripe").fetch(request);
  },
} satisfies ExportedHandler<Env>;
