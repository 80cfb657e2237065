import { StripeFailure } from "./errors.ts";

/** As long as Stripe remembers a key, in seconds. */
const rememberedForSeconds = 86_400;

export interface StoredReply {
  status: number;
  body: string;
  requestId: string;
}

export interface IdempotentCall {
  scope: string;
  key: string;
  path: string;
  /** The parameters, in an order of their own. */
  fingerprint: string;
}

/**
 * What this key was answered before, in this account and mode. Throws Stripe's `idempotency_error` when it was used
 * for something else. Kept are the outcomes of calls that were carried out, failures of them too; a call that was
 * refused for its parameters or its key leaves no trace.
 */
export function recallReply(sql: SqlStorage, call: IdempotentCall, now: number): StoredReply | undefined {
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
  if (row === undefined || row.created < now - rememberedForSeconds) return undefined;
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

export function rememberReply(sql: SqlStorage, call: IdempotentCall, reply: StoredReply, now: number): void {
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

export function keyInUse(key: string): StripeFailure {
  return new StripeFailure(409, {
    type: "idempotency_error",
    code: "idempotency_key_in_use",
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  });
}

/** The same for the same parameters in another order. */
export function fingerprintOf(form: string): string {
  return [...new URLSearchParams(form)]
    .map((pair) => JSON.stringify(pair))
    .sort()
    .join("\n");
}

function conflict(message: string): StripeFailure {
  return new StripeFailure(400, { type: "idempotency_error", message });
}
