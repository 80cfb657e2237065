import { StripeApiError } from "./errors.ts";

/** Lifetime of a key in seconds, as with Stripe. */
const keyLifetimeSeconds = 86_400;

export interface StoredReply {
  status: number;
  body: string;
  requestId: string;
}

export interface IdempotentCall {
  scope: string;
  key: string;
  path: string;
  /** The parameters in canonical order. */
  fingerprint: string;
}

/**
 * Returns the stored reply of this key in its scope. Throws Stripe's `idempotency_error` when the key was
 * used for a different call.
 *
 * Replies of executed calls are stored, including failures. A call rejected for its parameters or key is
 * not stored.
 */
export function readReply(sql: SqlStorage, call: IdempotentCall, now: number): StoredReply | undefined {
  const [row] = sql
    .exec<{
      path: string;
      fingerprint: string;
      status: number;
      body: string;
      request_id: string;
      created: number;
    }>(
      "SELECT path, fingerprint, status, body, request_id, created FROM replies WHERE scope = ? AND key = ?",
      call.scope,
      call.key,
    )
    .toArray();
  if (row === undefined || row.created < now - keyLifetimeSeconds) return undefined;
  if (row.path !== call.path) {
    throw conflict(
      `Keys for idempotent requests can only be used for the same endpoint they were first used for ('${call.path}' vs '${row.path}'). Try using a key other than '${call.key}' if you meant to execute a different request.`,
    );
  }
  if (row.fingerprint !== call.fingerprint) {
    throw conflict(
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${call.key}' if you meant to execute a different request.`,
    );
  }
  return { status: row.status, body: row.body, requestId: row.request_id };
}

export function storeReply(sql: SqlStorage, call: IdempotentCall, reply: StoredReply, now: number): void {
  sql.exec(
    "INSERT OR REPLACE INTO replies (scope, key, path, fingerprint, status, request_id, body, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    call.scope,
    call.key,
    call.path,
    call.fingerprint,
    reply.status,
    reply.requestId,
    reply.body,
    now,
  );
}

export function keyInUse(key: string): StripeApiError {
  return new StripeApiError(409, {
    type: "idempotency_error",
    code: "idempotency_key_in_use",
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  });
}

/** Returns the same fingerprint for the same parameters in any order. */
export function computeFingerprint(form: string): string {
  return [...new URLSearchParams(form)]
    .map((pair) => JSON.stringify(pair))
    .sort()
    .join("\n");
}

function conflict(message: string): StripeApiError {
  return new StripeApiError(400, { type: "idempotency_error", message });
}
