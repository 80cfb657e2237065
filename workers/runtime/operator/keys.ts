import {
  type OperatorCaller,
  type OperatorReply,
  type OperatorRpc,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import { type ApiKeyRow, readKey } from "../../../shared/db/api-keys.ts";
import { authorize } from "../../../shared/db/authorize.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { createApiKey, revokeApiKey, rotateApiKey } from "../configuration/api-keys.ts";
import type { RuntimeEnv } from "../env.ts";

type Rpc<Name extends keyof OperatorRpc> = ReturnType<OperatorRpc[Name]>;

const longestOverlapMs = 30 * dayMs;
const keyIdForm = /^key_[0-9a-z]{26}$/;
const sentTwice = refusal(
  "conflict",
  "This form was sent twice. The key was made the first time and can't be shown again: if you did not copy it, rotate it.",
);

export async function createKey(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  key: Parameters<OperatorRpc["createApiKey"]>[2],
): Rpc<"createApiKey"> {
  const permit = await authorize(env, caller, { role: "admin", place, proofInLive: true });
  if (permit.outcome === "refused") return permit;
  const { now, actor } = permit;
  const name = key.name.trim();
  if (name === "" || name.length > 80)
    return refusal("invalid", "Give the key a name of 1 to 80 characters.", "name");
  if (key.expiresAt !== null && key.expiresAt <= now)
    return refusal("invalid", "The key would have expired already: choose a later day.", "expires");
  if (!keyIdForm.test(key.keyId)) return refusal("invalid", "The form is damaged: load the page again.");
  const made = await createApiKey(env, place.projectId, place.mode, { ...key, name }, now, actor);
  return made === null ? sentTwice : { outcome: "done", ...made };
}

export async function rotateKey(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  { keyId, newKeyId, overlapMs }: Parameters<OperatorRpc["rotateApiKey"]>[2],
): Rpc<"rotateApiKey"> {
  const permit = await authorize(env, caller, { role: "admin", place, proofInLive: true });
  if (permit.outcome === "refused") return permit;
  const { now, actor } = permit;
  const old = await keyOf(env, place, keyId);
  if (old === null) return unknownKey;
  if (old.revokedAt !== null || (old.expiresAt !== null && old.expiresAt <= now))
    return refusal("conflict", "This key works no more, so there is nothing to rotate. Create a new key.");
  if (!keyIdForm.test(newKeyId) || !(overlapMs >= 0 && overlapMs <= longestOverlapMs))
    return refusal("invalid", "The form is damaged: load the page again.");
  const made = await rotateApiKey(env, old, { newKeyId, overlapMs }, now, actor);
  return made === null ? sentTwice : { outcome: "done", ...made };
}

/** Revoking twice is revoking once. It is no step-up action: taking a leaked key away must not wait. */
export async function revokeKey(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  keyId: string,
): Promise<OperatorReply> {
  const permit = await authorize(env, caller, { role: "admin", place });
  if (permit.outcome === "refused") return permit;
  const { now, actor } = permit;
  const key = await keyOf(env, place, keyId);
  if (key === null) return unknownKey;
  const { name, hint } = key;
  const what = { action: "api_key.revoke" as const, target: keyId, ...place, before: { name, hint } };
  await revokeApiKey(env, keyId, now, { actor, at: now, ...what });
  return { outcome: "done" };
}

const unknownKey = refusal("not_found", "There is no such key in this project and mode.");

async function keyOf(env: RuntimeEnv, { projectId, mode }: Place, keyId: string): Promise<ApiKeyRow | null> {
  const key = await d1(readKey(env.DB, keyId));
  return key?.projectId === projectId && key.mode === mode ? key : null;
}
