import { WorkerEntrypoint } from "cloudflare:workers";
import type { StripeRetryMessage } from "../../shared/contract/messages.ts";
import type { ClaimedDelivery } from "../../shared/db/claim-delivery.ts";
import type { DeliveryWakeUp } from "../../shared/db/write-events.ts";
import { consumeDeliveries } from "./consumers/deliveries.ts";
import { consumeStripeRetries } from "./consumers/stripe-retries.ts";
import type { DeliveriesEnv, LanesRpc } from "./env.ts";
import { runJob } from "./sending/job.ts";
import { claim, runLane } from "./sending/lane.ts";
import { everyMinute } from "./sweeps/every-minute.ts";

export { WebhookOperatorEntrypoint } from "./operator-entrypoint.ts";

/** Work on one endpoint or job, called by this worker itself so that each has an invocation, and its limits, of its own. */
export class Lanes extends WorkerEntrypoint<DeliveriesEnv> implements LanesRpc {
  async goOn(claimed: ClaimedDelivery): Promise<void> {
    await runLane(this.env, claimed);
  }

  async send(wakeUp: DeliveryWakeUp): Promise<void> {
    const claimed = await claim(this.env, wakeUp);
    if (claimed !== null) await runLane(this.env, claimed);
  }

  async runJob(jobId: string): Promise<void> {
    await runJob(this.env, jobId);
  }
}

type Message = StripeRetryMessage | DeliveryWakeUp;

export default {
  async queue(batch, env, ctx) {
    switch (batch.queue) {
      case "licenzy-stripe-retries":
        return consumeStripeRetries(batch as MessageBatch<StripeRetryMessage>, env);
      case "licenzy-deliveries":
        return consumeDeliveries(batch as MessageBatch<DeliveryWakeUp>, env, ctx);
      default:
        throw new Error(`nothing here consumes the queue ${batch.queue}`);
    }
  },
  async scheduled(_controller, env, ctx) {
    await everyMinute(env, (work) => ctx.waitUntil(work));
  },
} satisfies ExportedHandler<DeliveriesEnv, Message>;
