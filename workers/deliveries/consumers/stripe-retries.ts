import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Wakes the runtime for each inbox row whose next try is due. The row is the truth and says when it is tried again,
 * so a message is done once the runtime has looked; only a runtime that can't be reached brings the message back.
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
        await env.RUNTIME.tryEvent(message.body);
        message.ack();
        log("info", "queue_message", {
          queue: batch.queue,
          connectionId,
          stripeEventId: eventId,
          handedOut: message.attempts,
          outcome: "looked_at",
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
