import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Calls the runtime for each inbox row that is due for its next attempt. The row is authoritative and holds
 * the time of the next attempt, so a message is done once the runtime has responded. A message is retried
 * only when the runtime is unreachable.
 */
export async function consumeStripeRetries(
  batch: MessageBatch<StripeRetryMessage>,
  env: DeliveriesEnv,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const startedAt = Date.now();
      const { connectionId, eventId } = message.body;
      try {
        await env.RUNTIME.processStripeEvent(message.body);
        message.ack();
        log("info", "queue_message", {
          queue: batch.queue,
          connectionId,
          stripeEventId: eventId,
          handedOut: message.attempts,
          outcome: "processed",
          durationMs: Date.now() - startedAt,
        });
      } catch (error) {
        log("error", "stripe_retries.runtime_unreachable", {
          connectionId,
          stripeEventId: eventId,
          error: errorMessage(error),
        });
        message.retry({ delaySeconds: 5 });
      }
    }),
  );
}
