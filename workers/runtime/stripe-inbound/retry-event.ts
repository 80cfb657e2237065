import { d1 } from "../../../shared/db/deadline.ts";
import { reopenEvent } from "../../../shared/db/stripe-inbox.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { RuntimeEnv, StripeRetryMessage } from "../env.ts";
import { tryEvent } from "./try-event.ts";

/** An operator's retry of an event that was given up: at once, and with the whole schedule again if it fails. */
export async function retryEvent(env: RuntimeEnv, key: StripeRetryMessage): Promise<{ retried: boolean }> {
  const retried = await d1(reopenEvent(env.DB, key, await currentTime(env.DEV)));
  if (retried) await tryEvent(env, key);
  return { retried };
}
