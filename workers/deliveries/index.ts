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

/** Work on one endpoint or job, called by this worker itself so that each has an invocation, and its limits, of its own. */
export class Lanes extends WorkerEntrypoint<DeliveriesEnv> {
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

/** The sweeps for who must run them at will: the development gateway, when the clock is moved. */
export class Sweeps extends WorkerEntrypoint<DeliveriesEnv> {
  /** `settle` waits for what the sweep began to send, so that it happens at the time that the clock shows. */
  async everyMinute({ settle }: { settle: boolean } = { settle: false }): Promise<Record<string, unknown>> {
    const begun: Promise<void>[] = [];
    const results = await everyMinute(this.env, (work) => {
      begun.push(work);
      this.ctx.waitUntil(work);
    });
    if (settle) await Promise.all(begun);
    return results;
  }

  /** When the sweeps next have something to finish, in milliseconds since 1970; `null` for nothing that is known. */
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
        throw new Error(`nothing here consumes the queue ${batch.queue}`);
    }
  },
  async scheduled(_controller, env, ctx) {
    await everyMinute(env, (work) => ctx.waitUntil(work));
  },
} satisfies ExportedHandler<DeliveriesEnv, Message>;
