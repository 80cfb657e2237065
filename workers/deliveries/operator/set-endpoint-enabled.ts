import type { OperatorReply } from "../../../shared/contract/operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import {
  disableEndpointRow,
  enableEndpointRow,
  readEndpoint,
  type WebhookScope,
} from "../../../shared/db/endpoints.ts";
import { dueDeliveries } from "../../../shared/db/sweep-deliveries.ts";
import type { DeliveriesEnv } from "../env.ts";
import { wake } from "../sending/lane.ts";
import { unknownEndpoint } from "./unknown.ts";

/**
 * Nothing is sent to it any more; events go on being kept for it. An attempt under way ends as it ends. Disabling a
 * disabled one changes nothing.
 */
export async function disableEndpoint(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  endpointId: string,
  now: number,
): Promise<OperatorReply> {
  if ((await d1(readEndpoint(env.DB, scope, endpointId))) === null) return unknownEndpoint;
  const audit: AuditEntry = { actor, at: now, action: "endpoint.disable", target: endpointId, ...scope };
  await d1(disableEndpointRow(env.DB, scope, endpointId, audit));
  return { outcome: "done" };
}

/**
 * `waiting` says what becomes of the deliveries that were kept for it: `send` them all now, or `drop` them for good.
 * Enabling an enabled one changes nothing.
 */
export async function enableEndpoint(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  endpointId: string,
  waiting: "send" | "drop",
  now: number,
): Promise<OperatorReply> {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const change = { before: { disabled: endpoint.disableReason }, after: { waiting } };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.enable",
    target: endpointId,
    ...scope,
    ...change,
  };
  await d1(enableEndpointRow(env.DB, scope, endpointId, waiting, audit));
  // As many as may be under way at once; each goes on with the next.
  await wake(env, await d1(dueDeliveries(env.DB, now, 100, endpointId)));
  return { outcome: "done" };
}
