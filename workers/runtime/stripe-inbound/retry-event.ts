import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { reopenStripeEvent } from "../../../shared/db/stripe-events.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { RuntimeEnv } from "../env.ts";
import { processStripeEvent } from "./try-event.ts";

/** Retries a failed or queued event for an operator: once now, then on the full retry schedule. */
export async function retryEvent(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  audit: AuditEntry | null = null,
): Promise<{ retried: boolean }> {
  const retried = await d1(reopenStripeEvent(env.DB, key, await currentTime(env.DEV), audit));
  if (retried) await processStripeEvent(env, key);
  return { retried };
}
