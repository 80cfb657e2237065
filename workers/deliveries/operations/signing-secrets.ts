import { revealSecret, rotateSecret } from "../../../shared/contract/operations/endpoints.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { writeAuditEntry } from "../../../shared/db/audit.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readEndpoint } from "../../../shared/db/endpoints.ts";
import { parseWrappingKeys, seal, unseal } from "../../../shared/kit/encryption.ts";
import { generateSigningSecret } from "../../../shared/webhooks/signing.ts";
import { rotateSecrets as addSecret, parseSigningSecrets } from "../../../shared/webhooks/signing-secrets.ts";
import { replaceSigningSecrets } from "../db/endpoints.ts";
import { signingSecretAssociatedData } from "../sending/signing-secret-associated-data.ts";
import { implement } from "./implement.ts";
import { unknownEndpoint } from "./refusals.ts";

/** Returns the newest signing secret. The audit row is written first: the secret is never shown without it. */
export const reveal = implement(revealSecret, async ({ env, scope, audit }, { endpointId }) => {
  const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
  if (endpoint === null) return unknownEndpoint;
  const [newest] = parseSigningSecrets(endpoint.signingSecrets);
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const secret = await unseal(keys, signingSecretAssociatedData(endpointId), newest.sealed);
  await writeAuditEntry(env.DB, audit({ target: endpointId }));
  return { outcome: "done", secret };
});

export const rotate = implement(
  rotateSecret,
  async ({ env, scope, now, audit }, { endpointId, version, overlapMs }) => {
    const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
    if (endpoint === null) return unknownEndpoint;
    const secret = generateSigningSecret();
    const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
    const sealed = await seal(keys, signingSecretAssociatedData(endpointId), secret);
    const secrets = addSecret(parseSigningSecrets(endpoint.signingSecrets), sealed, { now, overlapMs });
    const formerSignsUntil = now + overlapMs;
    const after = { former_signs_until: new Date(formerSignsUntil).toISOString() };
    const entry = audit({ target: endpointId, after });
    const stored = JSON.stringify(secrets);
    if (await replaceSigningSecrets(dataOf(env, scope), scope, { endpointId, version }, stored, entry))
      return { outcome: "done", secret, formerSignsUntil };
    return refusal(
      "conflict",
      "The endpoint changed while you were reviewing, or the form was submitted twice. Review the endpoint, then try again.",
    );
  },
);
