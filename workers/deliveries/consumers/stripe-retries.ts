import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv, StripeRetryMessage } from "../env.ts";

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
      try {
        await env.RUNTIME.tryEvent(message.body);
        message.ack();
      } catch (error) {
        log("error", "stripe_retries.runtime_unreachable", { ...message.body, error: errorMessage(error) });
        message.retry({ delaySeconds: 5 });
      }
    }),
  );
}
