import { WorkerEntrypoint } from "cloudflare:workers";
import { consumeStripeRetries } from "./consumers/stripe-retries.ts";
import type { DeliveriesEnv, StripeRetryMessage } from "./env.ts";
import { everyMinute } from "./sweeps/every-minute.ts";

/** The sweeps for who must run them at will: the development gateway, when the clock is moved. */
export class Sweeps extends WorkerEntrypoint<DeliveriesEnv> {
  async everyMinute(): Promise<Record<string, unknown>> {
    return everyMinute(this.env);
  }
}

export default {
  async queue(batch, env) {
    await consumeStripeRetries(batch, env);
  },
  async scheduled(_controller, env) {
    await everyMinute(env);
  },
} satisfies ExportedHandler<DeliveriesEnv, StripeRetryMessage>;
