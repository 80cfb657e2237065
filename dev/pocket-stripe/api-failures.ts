import { type ApiCall, type ApiReply, failureReply, readIdempotency, toInUseKey } from "./api.ts";
import { authenticate, type Caller } from "./authenticate.ts";
import { declined, type ErrorBody, StripeApiError } from "./errors.ts";
import { readReply, storeReply } from "./idempotency.ts";
import {
  type ApiFailure,
  changeSettings,
  type FailureStatus,
  ownSettings,
  readSettings,
} from "./settings.ts";

/** Returns the failure that `control/api` set for this call, or `null`. Decrements its counter. */
export function takeFailure(storage: DurableObjectStorage, call: ApiCall): ApiFailure | null {
  for (const accountId of [callerOf(call)?.scope.accountId, undefined]) {
    const { apiFailure } = accountId === undefined ? readSettings(storage) : ownSettings(storage, accountId);
    if (!apiFailure || !call.path.startsWith(apiFailure.path)) continue;
    const left = apiFailure.next - 1;
    changeSettings(storage, { apiFailure: left > 0 ? { ...apiFailure, next: left } : null }, accountId);
    return apiFailure;
  }
  return null;
}

/**
 * Returns the call's entry in `keysInUse`. Returns `undefined` without an idempotency key or a valid API
 * key.
 */
export function toInUseEntry(call: ApiCall): string | undefined {
  const caller = callerOf(call);
  const key = caller && readIdempotency(call, caller);
  return key && toInUseKey(key);
}

function callerOf(call: ApiCall): Caller | undefined {
  try {
    return authenticate(call.headers);
  } catch (error) {
    if (error instanceof StripeApiError) return undefined;
    throw error;
  }
}

const errors: Record<FailureStatus, ErrorBody> = {
  400: { type: "invalid_request_error", message: "Requested failure: bad request." },
  402: declined().error,
  409: {
    type: "invalid_request_error",
    code: "lock_timeout",
    message:
      "This object cannot be accessed right now because another API request or Stripe process is currently accessing it.",
  },
  429: {
    type: "invalid_request_error",
    code: "rate_limit",
    message: "Too many requests hit the API too quickly.",
  },
  500: { type: "api_error", message: "An unknown error occurred" },
  503: { type: "api_error", message: "Stripe is temporarily unavailable." },
};

/**
 * Returns the reply of a call that fails without effect.
 *
 * Stripe stores the result of a call once it has started. A declined card or server error is therefore
 * replayed for the same idempotency key, unless the key already has a reply.
 */
export function failCall(storage: DurableObjectStorage, call: ApiCall, status: FailureStatus): ApiReply {
  const reply = failedReply(call, status);
  if (status !== 402 && status < 500) return reply;
  try {
    const key = readIdempotency(call, authenticate(call.headers));
    if (key !== undefined && readReply(storage.sql, key, call.now) === undefined) {
      storeReply(storage.sql, key, reply, call.now);
    }
    return reply;
  } catch (error) {
    return failureReply(error, call.requestId);
  }
}

/** Returns a reply as a proxy in front of Stripe would. Stripe does not store it. */
export function failedReply(call: ApiCall, status: FailureStatus): ApiReply {
  return failureReply(new StripeApiError(status, errors[status]), call.requestId);
}
