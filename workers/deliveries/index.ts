import { WorkerEntrypoint } from "cloudflare:workers";
import type { JobKey, StripeRetryMessage } from "../../shared/contract/messages.ts";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import type { DeliveryMessage } from "../../shared/db/outbound-events.ts";
import { sendAlertMessage } from "./alerts/send-message.ts";
import { consumeDeliveries } from "./consumers/deliveries.ts";
import { consumeStripeRetries } from "./consumers/stripe-retries.ts";
import type { AlertMessageKey } from "./db/alert-attempts.ts";
import type { ClaimedDelivery } from "./db/delivery-attempts.ts";
import type { DeliveriesEnv, LanesRpc } from "./env.ts";
import { runJob } from "./sending/job.ts";
import { claimForAttempt, runLane } from "./sending/lane.ts";
import { runSweeps } from "./sweeps/run-sweeps.ts";

export { WebhookOperatorEntrypoint } from "./operator-entrypoint.ts";

/**
 * Runs lanes and jobs. This worker calls itself here, so that each has a separate invocation with separate
 * limits.
 */
export class Lanes extends WorkerEntrypoint<DeliveriesEnv> implements LanesRpc {
  constructor(ctx: ExecutionContext, env: DeliveriesEnv) {
    super(ctx, withD1Timeout(env));
  }

  async resume(claimed: ClaimedDelivery): Promise<void> {
    await runLane(this.env, claimed);
  }

  async send(message: DeliveryMessage): Promise<void> {
    const claimed = await claimForAttempt(this.env, message);
    if (claimed !== null) await runLane(this.env, claimed);
  }

  async runJob(key: JobKey): Promise<void> {
    await runJob(this.env, key);
  }

  async sendAlertMessage(key: AlertMessageKey): Promise<void> {
    await sendAlertMessage(this.env, key);
  }
}

type Message = StripeRetryMessage | DeliveryMessage;

export default {
  async queue(batch, env, ctx) {
    // The name carries the environment: licenzy-staging-deliveries.
    if (batch.queue.endsWith("-stripe-retries"))
      return consumeStripeRetries(batch as MessageBatch<StripeRetryMessage>, withD1Timeout(env));
    if (batch.queue.endsWith("-deliveries"))
      return consumeDeliveries(batch as MessageBatch<DeliveryMessage>, withD1Timeout(env), ctx);
    throw new Error(`no consumer for the queue ${batch.queue}`);
  },
  async scheduled(_controller, env, ctx) {
    await runSweeps(withD1Timeout(env), (work) => ctx.waitUntil(work));
  },
} satisfies ExportedHandler<DeliveriesEnv, Message>;
