import { type OutboundEventType, outboundEventTypes } from "../../../shared/contract/outbound-event.ts";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";
import { addressPolicy } from "../sending/address-policy.ts";

/** What an operator says of an endpoint. */
export interface EndpointInput {
  url: string;
  description: string;
  eventTypes: string[];
}

export type CheckedEndpointInput =
  | { outcome: "ok"; input: EndpointInput & { eventTypes: OutboundEventType[] } }
  | { outcome: "refused"; message: string };

const longestDescription = 200;

/** The same rules when an endpoint is made and when it is changed. Refusals are sentences for the operator. */
export function checkEndpointInput(
  env: DeliveriesEnv,
  { url, description, eventTypes }: EndpointInput,
): CheckedEndpointInput {
  const checked = checkEndpointUrl(url, addressPolicy(env));
  if (checked.outcome === "refused") return checked;
  if (description.length > longestDescription)
    return {
      outcome: "refused",
      message: `The description is longer than ${longestDescription} characters.`,
    };
  const known = outboundEventTypes.filter((type) => eventTypes.includes(type));
  const unknown = eventTypes.filter((type) => !outboundEventTypes.some((candidate) => candidate === type));
  if (unknown.length > 0)
    return { outcome: "refused", message: `There is no event type ${unknown.join(", ")}.` };
  if (known.length === 0) return { outcome: "refused", message: "Choose at least one event type." };
  return { outcome: "ok", input: { url: checked.url.href, description, eventTypes: known } };
}
