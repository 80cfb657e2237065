import { refusal } from "../../../shared/contract/operator.ts";
import type { EndpointInput, WebhookOperatorRpc } from "../../../shared/contract/webhook-operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { insertEndpoint, readEndpoint, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { newSigningSecret } from "../../../shared/webhooks/signing.ts";
import type { DeliveriesEnv } from "../env.ts";
import { signingSecretPlace } from "../sending/signing-secret-place.ts";
import { checkEndpointInput } from "./endpoint-input.ts";

/** Per project and mode: each event is written once for every one that asks. */
const mostEndpoints = 20;

const endpointIdForm = /^ep_[0-9a-z]{26}$/;

/** The secret is shown now, and later only when it is revealed. */
export async function createEndpoint(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  { endpointId, ...input }: EndpointInput & { endpointId: string },
  now: number,
): ReturnType<WebhookOperatorRpc["createEndpoint"]> {
  if (!endpointIdForm.test(endpointId))
    return refusal("invalid", "The form is damaged: load the page again.");
  const checked = checkEndpointInput(env, input);
  if (checked.outcome === "refused") return checked;
  const secret = newSigningSecret();
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const sealed = await seal(keys, signingSecretPlace(endpointId), secret);
  const row = {
    endpointId,
    ...scope,
    ...checked.input,
    signingSecrets: JSON.stringify([{ sealed, signsUntil: null }]),
  };
  const { url, description, eventTypes } = checked.input;
  const after = { url, description, event_types: eventTypes };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.create",
    target: endpointId,
    ...scope,
    after,
  };
  if (await d1(insertEndpoint(env.DB, row, mostEndpoints, audit)))
    return { outcome: "done", endpointId, secret };
  return (await d1(readEndpoint(env.DB, scope, endpointId))) === null
    ? refusal("conflict", `A project has at most ${mostEndpoints} endpoints in each mode: delete one first.`)
    : refusal(
        "conflict",
        "This form was sent twice, and the endpoint was made the first time. Its secret is behind Reveal on its page.",
      );
}
