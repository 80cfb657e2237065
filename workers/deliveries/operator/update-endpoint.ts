import { type OperatorReply, refusal } from "../../../shared/contract/operator.ts";
import type { EndpointInput } from "../../../shared/contract/webhook-operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import {
  readEndpoint,
  updateEndpoint as updateRow,
  type WebhookScope,
} from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";
import { checkEndpointInput } from "./endpoint-input.ts";
import { unknownEndpoint } from "./unknown.ts";

/** Changes address, description and event types; what is already waiting goes to the new address. */
export async function updateEndpoint(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  { endpointId, version, ...input }: EndpointInput & { endpointId: string; version: number },
  now: number,
): Promise<OperatorReply> {
  const checked = checkEndpointInput(env, input);
  if (checked.outcome === "refused") return checked;
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const view = ({ url, description, eventTypes }: EndpointInput) => ({
    url,
    description,
    event_types: eventTypes,
  });
  const change = { before: view(endpoint), after: view(checked.input) };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.edit",
    target: endpointId,
    ...scope,
    ...change,
  };
  if (await d1(updateRow(env.DB, scope, { endpointId, version }, checked.input, audit)))
    return { outcome: "done" };
  return refusal(
    "conflict",
    "This endpoint was changed since you opened it. Look at what stands now, then save again to put yours in its place.",
  );
}
