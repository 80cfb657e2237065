import type { DenialReason } from "../../../shared/contract/enums.ts";
import { databasesOf } from "../../../shared/db/databases.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { erasureInProgressError } from "../checkout/claim-attempt.ts";
import { takeRecovery } from "../checkout/limits.ts";
import { readRecoveryInputs } from "../db/recovery.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import type { Purchaser } from "../request-context.ts";

interface KeyedRequest {
  endpoint: "access/recovery" | "customer/portal-session" | "recovery link";
  key: string;
  body: { subject_ref: string };
  requestId: string;
  /** Why access is denied, where the request offers a way back: the overview counts it. */
  reason: DenialReason | null;
}

/**
 * Remembers the request's key, and reads what it needs from D1. Throws when the key was used with another body, or above the
 * limits of requests that store a key. A link is one row however often it is opened, and its openings have a limit of their own.
 * `replayed`: an earlier request had the same key and body. It may have failed, and what it answered is not stored.
 */
export async function claimRequest(
  env: RuntimeEnv,
  caller: Purchaser,
  { endpoint, key, body, requestId, reason }: KeyedRequest,
  productCodes: string[],
  now: number,
) {
  const { projectId, mode } = caller;
  const keyHash = sha256Hex(`${endpoint}\n${key}`);
  const requestHash = sha256Hex(canonicalJson(body));
  const scope = { projectId, mode, subjectRef: body.subject_ref };
  if (endpoint !== "recovery link") await takeRecovery(env, caller, body.subject_ref, keyHash, now);
  const keyed = { keyHash, requestHash, requestId, reason, now };
  const { request, isErasing, ...inputs } = await readRecoveryInputs(
    databasesOf(env, scope),
    scope,
    keyed,
    productCodes,
  );
  if (isErasing || request === null) throw erasureInProgressError();
  if (request.requestHash !== requestHash)
    throw new ApiError(
      "idempotency_conflict",
      "This Idempotency-Key was already used with different parameters. Use a new key.",
    );
  return { ...inputs, replayed: request.requestId !== requestId };
}

export type RecoveryInputs = Awaited<ReturnType<typeof claimRequest>>;
