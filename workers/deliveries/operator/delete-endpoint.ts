import type { OperatorReply } from "../../../shared/contract/operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { deleteEndpointRow, readEndpoint, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { endDeliveriesOfDeleted } from "../../../shared/db/sweep-deliveries.ts";
import type { DeliveriesEnv } from "../env.ts";
import { unknownEndpoint } from "./unknown.ts";

const rowsAtOnce = 1_000;

/** Nothing is sent any more, and its secrets are gone. What waits becomes `dead`; beyond 1,000 rows the sweep goes on. */
export async function deleteEndpoint(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  endpointId: string,
  now: number,
): Promise<OperatorReply> {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const before = { url: endpoint.url };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.delete",
    target: endpointId,
    ...scope,
    before,
  };
  await d1(deleteEndpointRow(env.DB, scope, endpointId, audit));
  await d1(endDeliveriesOfDeleted(env.DB, now, rowsAtOnce));
  return { outcome: "done" };
}
