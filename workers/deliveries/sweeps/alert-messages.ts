import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { listDueAlertMessages } from "../db/alert-attempts.ts";
import type { DeliveriesEnv } from "../env.ts";

const maxMessagesPerSweep = 100;

/**
 * Sends the messages that are due, longest due first. Each is a separate invocation, so that a channel that hangs
 * delays no other. `background` receives their promises.
 */
export async function sweepAlertMessages(
  env: DeliveriesEnv,
  background: (work: Promise<void>) => void,
): Promise<{ due: number }> {
  const due = await listDueAlertMessages(env.DB, await currentTime(env.DEV), maxMessagesPerSweep);
  for (const messageId of due)
    background(
      env.LANES.sendAlertMessage(messageId).catch((error: unknown) =>
        log("error", "alert_message.failed", { messageId, error: errorMessage(error) }),
      ),
    );
  return { due: due.length };
}
