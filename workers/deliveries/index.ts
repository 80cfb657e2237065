import { WorkerEntrypoint } from "cloudflare:workers";
import type { ClaimedDelivery } from "../../shared/db/claim-delivery.ts";
import { d1 } from "../../shared/db/deadline.ts";
import { nextDue } from "../../shared/db/next-due.ts";
import type { DeliveryWakeUp } from "../../shared/db/write-events.ts";
import { consumeDeliveries } from "./consumers/deliveries.ts";
import { consumeStripeRetries } from "./consumers/stripe-retries.ts";
import type { DeliveriesEnv, StripeRetryMessage } from "./env.ts";
import { runJob } from "./sending/job.ts";
import { claim, runLane } from "./sending/lane.ts";
import { everyMinute } from "./sweeps/every-minute.ts";

export { WebhookOperatorEntrypoint } from "./operator-entrypoint.ts";

/**
 * Runs lanes and jobs. This worker calls itself here, so that each has a separate invocation with separate
 * limits.
 */
export class Lanes extends WorkerEntrypoint<DeliveriesEnv> {
  async goOn(claimed: ClaimedDelivery): Promise<void> {
    await runLane(this.env, claimed);
  }

  async send(message: DeliveryWakeUp): Promise<void> {
    const claimed = await claim(this.env, message);
    if (claimed !== null) await runLane(this.env, claimed);
  }

  async runJob(jobId: string): Promise<void> {
    await runJob(this.env, jobId);
  }
}

/** Runs the sweeps on demand, for the development gateway when it moves the clock. */
export class Sweeps extends WorkerEntrypoint<DeliveriesEnv> {
  /**
   * With `settle`, waits for the sends that the sweeps started, so that they happen at the current time of
   * the clock.
   */
  async everyMinute({ settle }: { settle: boolean } = { settle: false }): Promise<Record<string, unknown>> {
    const started: Promise<void>[] = [];
    const results = await everyMinute(this.env, (work) => {
      started.push(work);
      this.ctx.waitUntil(work);
    });
    if (settle) await Promise.all(started);
    return results;
  }

  /**
   * Returns when the next row is due for a sweep, in milliseconds since 1970, or `null` when none is
   * scheduled.
   */
  async nextDue(): Promise<number | null> {
    return d1(nextDue(this.env.DB));
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
        throw new Error(`no consumer for the queue ${batch.queue}`);
    }
  },
  async scheduled(_controller, env, ctx) {
    await everyMinute(env, (work) => ctx.waitUntil(work));
  },
} satisfies ExportedHandler<DeliveriesEnv, Message>;
