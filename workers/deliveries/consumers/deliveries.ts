import type { DeliveryMessage } from "../../../shared/db/outbound-events.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { ClaimedDelivery } from "../db/delivery-attempts.ts";
import type { DeliveriesEnv } from "../env.ts";
import { claimForAttempt } from "../sending/lane.ts";

/**
 * Claims each delivery, acknowledges its message, and continues in `waitUntil`. With the flag
 * `queue_consumer_no_wait_for_wait_until` the next batch does not wait for a receiver. Each lane is a
 * separate invocation, so that a hanging receiver blocks only its own connection. A message is retried only
 * when D1 fails, and after three retries goes to the dead-letter queue: the D1 row is authoritative, and the
 * sweep finds it.
 */
export async function consumeDeliveries(
  batch: MessageBatch<DeliveryMessage>,
  env: DeliveriesEnv,
  ctx: ExecutionContext,
): Promise<void> {
  await Promise.all(
    batch.messages.map(async (message) => {
      const startedAt = Date.now();
      try {
        const claimed = await claimForAttempt(env, message.body);
        message.ack();
        log("info", "queue_message", {
          queue: batch.queue,
          ...message.body,
          handedOut: message.attempts,
          outcome: claimed === null ? "nothing_to_do" : "claimed",
          durationMs: Date.now() - startedAt,
        });
        if (claimed !== null) ctx.waitUntil(runClaimedLane(env, claimed));
      } catch (error) {
        log("error", "deliveries.claim_failed", { ...message.body, error: errorMessage(error) });
        message.retry({ delaySeconds: 5 });
      }
    }),
  );
}

async function runClaimedLane(env: DeliveriesEnv, claimed: ClaimedDelivery): Promise<void> {
  try {
    await env.LANES.resume(claimed);
  } catch (error) {
    // The claim stays. Its lease expires, and the delivery becomes due again.
    const { deliveryId, endpointId } = claimed;
    log("error", "deliveries.lane_failed", { deliveryId, endpointId, error: errorMessage(error) });
  }
}
