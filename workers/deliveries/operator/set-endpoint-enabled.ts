import { d1 } from "../../../shared/db/deadline.ts";
import { disableEndpointRow, enableEndpointRow, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { dueDeliveries } from "../../../shared/db/sweep-deliveries.ts";
import type { DeliveriesEnv } from "../env.ts";
import { wake } from "../sending/lane.ts";

/** Nothing is sent to it any more; events go on being kept for it. An attempt under way ends as it ends. */
export async function disableEndpoint(
  env: DeliveriesEnv,
  scope: WebhookScope,
  endpointId: string,
  now: number,
): Promise<{ outcome: "disabled" | "not_found" }> {
  const isFound = await d1(disableEndpointRow(env.DB, scope, endpointId, now));
  return { outcome: isFound ? "disabled" : "not_found" };
}

/** `waiting` says what becomes of the deliveries that were kept for it: `send` them all now, or `drop` them for good. */
export async function enableEndpoint(
  env: DeliveriesEnv,
  scope: WebhookScope,
  endpointId: string,
  waiting: "send" | "drop",
  now: number,
): Promise<{ outcome: "enabled" | "not_found" }> {
  const isFound = await d1(enableEndpointRow(env.DB, scope, endpointId, waiting, now));
  if (!isFound) return { outcome: "not_found" };
  // As many as may be under way at once; each goes on with the next.
  await wake(env, await d1(dueDeliveries(env.DB, now, 100, endpointId)));
  return { outcome: "enabled" };
}
