import { createApiKey, revokeApiKey, rotateApiKey } from "../../../shared/contract/operations/api-keys.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type ApiKeyRow, readKey } from "../../../shared/db/api-keys.ts";
import type { RuntimeEnv } from "../env.ts";
import { createKey } from "../keys/create-key.ts";
import { revokeKey } from "../keys/revoke-key.ts";
import { rotateKey } from "../keys/rotate-key.ts";
import { implement } from "./implement.ts";

const alreadySubmitted = refusal(
  "conflict",
  "This form was submitted twice. The key was created the first time and can't be shown again. If you did not copy it, rotate it.",
);
const unknownKey = refusal("not_found", "API key not found in this project and mode.");

export const create = implement(createApiKey, async ({ env, scope, actor, now }, key) => {
  if (key.expiresAt !== null && key.expiresAt <= now)
    return refusal("invalid", "The expiry is in the past. Choose a later day.", "expiresAt");
  const made = await createKey(env, scope.projectId, scope.mode, key, now, actor);
  return made === null ? alreadySubmitted : { outcome: "done", ...made };
});

export const rotate = implement(
  rotateApiKey,
  async ({ env, scope, actor, now }, { keyId, newKeyId, overlapMs }) => {
    const old = await findKey(env, scope, keyId);
    if (old === null) return unknownKey;
    if (old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= now))
      return refusal("conflict", "This key is revoked or expired. Create a new key.");
    const made = await rotateKey(env, old, { newKeyId, overlapMs }, now, actor);
    return made === null ? alreadySubmitted : { outcome: "done", ...made };
  },
);

/** Revoking a key twice revokes it once. */
export const revoke = implement(revokeApiKey, async ({ env, scope, now, audit }, { keyId }) => {
  const key = await findKey(env, scope, keyId);
  if (key === null) return unknownKey;
  const { name, hint } = key;
  await revokeKey(env, keyId, now, audit({ target: keyId, before: { name, hint } }));
  return { outcome: "done" };
});

async function findKey(
  env: RuntimeEnv,
  { projectId, mode }: Scope,
  keyId: string,
): Promise<ApiKeyRow | null> {
  const key = await readKey(env.DB, keyId);
  return key?.projectId === projectId && key.mode === mode ? key : null;
}
