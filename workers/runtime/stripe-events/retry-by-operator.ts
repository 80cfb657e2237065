import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { reopenStripeEvent } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { processStripeEvent } from "./process-event.ts";

/** Retries a failed or queued event for an operator: once now, then on the full retry schedule. */
export async function retryByOperator(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  audit: AuditEntry | null = null,
): Promise<{ retried: boolean }> {
  const now = await currentTime(env.DEV);
  const retried = await reopenStripeEvent(dataOf(env, key), key, ["failed", "received"], now, audit);
  if (retried) await processStripeEvent(env, key);
  return { retried };
}
