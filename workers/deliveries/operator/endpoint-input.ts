import { type Refusal, refusal } from "../../../shared/contract/operator.ts";
import { type OutboundEventType, outboundEventTypes } from "../../../shared/contract/outbound-event.ts";
import type { EndpointInput } from "../../../shared/contract/webhook-operator.ts";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";
import { addressPolicy } from "../sending/address-policy.ts";

type CheckedEndpointInput =
  | { outcome: "ok"; input: EndpointInput & { eventTypes: OutboundEventType[] } }
  | Refusal;

const longestDescription = 200;

/** The same rules when an endpoint is made and when it is changed. Refusals are sentences for the operator. */
export function checkEndpointInput(
  env: DeliveriesEnv,
  { url, description, eventTypes }: EndpointInput,
): CheckedEndpointInput {
  const checked = checkEndpointUrl(url, addressPolicy(env));
  if (checked.outcome === "refused") return refusal("invalid", checked.message, "url");
  if (description.length > longestDescription)
    return refusal(
      "invalid",
      `The description is longer than ${longestDescription} characters.`,
      "description",
    );
  const known = outboundEventTypes.filter((type) => eventTypes.includes(type));
  const unknown = eventTypes.filter((type) => !outboundEventTypes.some((candidate) => candidate === type));
  if (unknown.length > 0)
    return refusal("invalid", `There is no event type ${unknown.join(", ")}.`, "event_types");
  if (known.length === 0) return refusal("invalid", "Choose at least one event type.", "event_types");
  return { outcome: "ok", input: { url: checked.url.href, description, eventTypes: known } };
}
