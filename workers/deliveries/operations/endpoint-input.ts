import type { EndpointInput } from "../../../shared/contract/operations/endpoints.ts";
import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import { type OutboundEventType, outboundEventTypes } from "../../../shared/contract/outbound-event.ts";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";
import { getAddressPolicy } from "../sending/address-policy.ts";

type CheckedEndpointInput =
  | { outcome: "ok"; input: EndpointInput & { eventTypes: OutboundEventType[] } }
  | Refusal;

/** Checks the URL by this deployment's address policy, and the event types. Used on creation and on every edit. */
export function checkEndpointInput(
  env: DeliveriesEnv,
  { url, description, eventTypes }: EndpointInput,
): CheckedEndpointInput {
  const checked = checkEndpointUrl(url, getAddressPolicy(env));
  if (checked.outcome === "refused") return refusal("invalid", checked.message, "url");
  const known = outboundEventTypes.filter((type) => eventTypes.includes(type));
  const unknown = eventTypes.filter((type) => !outboundEventTypes.some((candidate) => candidate === type));
  if (unknown.length > 0)
    return refusal("invalid", `Unknown event type ${unknown.join(", ")}.`, "eventTypes");
  if (known.length === 0) return refusal("invalid", "Choose at least one event type.", "eventTypes");
  return { outcome: "ok", input: { url: checked.url.href, description, eventTypes: known } };
}
