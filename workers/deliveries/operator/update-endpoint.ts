import { d1 } from "../../../shared/db/deadline.ts";
import { updateEndpoint as updateRow, type WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";
import { checkEndpointInput, type EndpointInput } from "./endpoint-input.ts";

export type UpdateEndpointResult =
  | { outcome: "updated" }
  | { outcome: "not_found" }
  | { outcome: "refused"; message: string };

/** Changes address, description and event types; what is already waiting goes to the new address. */
export async function updateEndpoint(
  env: DeliveriesEnv,
  scope: WebhookScope,
  endpointId: string,
  input: EndpointInput,
  now: number,
): Promise<UpdateEndpointResult> {
  const checked = checkEndpointInput(env, input);
  if (checked.outcome === "refused") return checked;
  const isFound = await d1(updateRow(env.DB, scope, endpointId, checked.input, now));
  return { outcome: isFound ? "updated" : "not_found" };
}
