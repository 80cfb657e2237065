import { dataByNumber } from "../../../shared/db/databases.ts";
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
  database: number,
  background: (work: Promise<void>) => void,
): Promise<{ due: number }> {
  const due = await listDueAlertMessages(
    dataByNumber(env, database),
    await currentTime(env.DEV),
    maxMessagesPerSweep,
  );
  for (const key of due)
    background(
      env.LANES.sendAlertMessage(key).catch((error: unknown) =>
        log("error", "alert_message.failed", { messageId: key.messageId, error: errorMessage(error) }),
      ),
    );
  return { due: due.length };
}
