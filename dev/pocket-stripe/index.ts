import type { PocketStripe } from "./pocket-stripe.ts";

export { PocketStripe } from "./pocket-stripe.ts";

interface WorkerEnv {
  POCKET_STRIPE: DurableObjectNamespace<PocketStripe>;
}

/** One Durable Object holds all state, so that API responses and webhooks can't disagree. */
export default {
  fetch(request, env): Promise<Response> {
    return env.POCKET_STRIPE.getByName("stripe").fetch(request);
  },
} satisfies ExportedHandler<WorkerEnv>;
