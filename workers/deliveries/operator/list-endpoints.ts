import { d1 } from "../../../shared/db/deadline.ts";
import {
  type EndpointRow,
  listEndpoints as listRows,
  type WebhookScope,
} from "../../../shared/db/endpoints.ts";
import { readSigningSecrets, secretsThatSign } from "../../../shared/webhooks/signing-secrets.ts";
import type { DeliveriesEnv } from "../env.ts";

/** An endpoint for people: everything but its secrets. */
export type EndpointView = Omit<EndpointRow, "signingSecrets"> & {
  /** Until when a former secret signs beside the present one; `null` when none does. */
  formerSecretSignsUntil: number | null;
  /** Deliveries that are not at their end: waiting, or to be tried again. */
  openDeliveries: number;
};

export async function listEndpoints(
  env: DeliveriesEnv,
  scope: WebhookScope,
  now: number,
): Promise<EndpointView[]> {
  const rows = await d1(listRows(env.DB, scope));
  return rows.map(({ endpoint: { signingSecrets, ...endpoint }, open }) => {
    const [, former] = secretsThatSign(readSigningSecrets(signingSecrets), now);
    return { ...endpoint, formerSecretSignsUntil: former?.signsUntil ?? null, openDeliveries: open };
  });
}
