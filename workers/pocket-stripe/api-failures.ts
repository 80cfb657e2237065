import { type ApiCall, type ApiReply, failureReply, idempotencyOf } from "./api.ts";
import { authenticate } from "./authenticate.ts";
import { type ErrorBody, StripeFailure } from "./errors.ts";
import { rememberReply } from "./idempotency.ts";
import { type ApiFailure, changeSettings, type FailureStatus, readSettings } from "./settings.ts";

/** The failure that this call is to have by `control/api`, or `null`. Counts it down. */
export function takeFailure(storage: DurableObjectStorage, path: string): ApiFailure | null {
  const { apiFailure } = readSettings(storage);
  if (apiFailure === null || !path.startsWith(apiFailure.path)) return null;
  const rest = { ...apiFailure, next: apiFailure.next - 1 };
  changeSettings(storage, { apiFailure: rest.next > 0 ? rest : null });
  return apiFailure;
}

const errors: Record<FailureStatus, ErrorBody> = {
  400: { type: "invalid_request_error", message: "A failure that was asked for: bad request." },
  402: {
    type: "card_error",
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
  },
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
 * The answer of a call that fails and takes no effect. Stripe keeps what a call came to once it was begun, so a
 * declined card and a server error are answered to the same idempotency key again.
 */
export function failCall(storage: DurableObjectStorage, call: ApiCall, status: FailureStatus): ApiReply {
  const reply = failureReply(new StripeFailure(status, errors[status]), call.requestId);
  if (status !== 402 && status < 500) return reply;
  try {
    const key = idempotencyOf(call, authenticate(call.headers));
    if (key !== undefined) rememberReply(storage.sql, key, reply, call.now);
    return reply;
  } catch (error) {
    return failureReply(error, call.requestId);
  }
}
