import { d1 } from "../../../shared/db/deadline.ts";
import { insertEndpoint, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { newSigningSecret } from "../../../shared/webhooks/signing.ts";
import type { DeliveriesEnv } from "../env.ts";
import { signingSecretPlace } from "../sending/signing-secret-place.ts";
import { checkEndpointInput, type EndpointInput } from "./endpoint-input.ts";

/** Per project and mode: each event is written once for every one that asks. */
const mostEndpoints = 20;

export type CreateEndpointResult =
  /** The secret is shown now, and later only when it is revealed. */
  { outcome: "created"; endpointId: string; secret: string } | { outcome: "refused"; message: string };

export async function createEndpoint(
  env: DeliveriesEnv,
  scope: WebhookScope,
  input: EndpointInput,
  now: number,
): Promise<CreateEndpointResult> {
  const checked = checkEndpointInput(env, input);
  if (checked.outcome === "refused") return checked;
  const endpointId = newId("ep", now);
  const secret = newSigningSecret();
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const sealed = await seal(keys, signingSecretPlace(endpointId), secret);
  const row = {
    endpointId,
    ...scope,
    ...checked.input,
    signingSecrets: JSON.stringify([{ sealed, signsUntil: null }]),
  };
  if (!(await d1(insertEndpoint(env.DB, row, mostEndpoints, now))))
    return {
      outcome: "refused",
      message: `A project has at most ${mostEndpoints} endpoints in each mode: delete one first.`,
    };
  return { outcome: "created", endpointId, secret };
}
