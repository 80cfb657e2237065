import type { Json } from "./wire.ts";

/** The `error` member of Stripe's error responses. The SDK takes a response without it for a success. */
export interface ErrorBody {
  type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  request_log_url?: string;
}

/** An error in Stripe's shape. Thrown, since it must roll back its transaction. */
export class StripeApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: ErrorBody,
  ) {
    super(error.message);
    this.name = "StripeApiError";
  }
}

export function invalidRequest(
  message: string,
  details: { code?: string; param?: string } = {},
): StripeApiError {
  return new StripeApiError(400, { type: "invalid_request_error", message, ...details });
}

export function unknownParameter(param: string): StripeApiError {
  return invalidRequest(`Received unknown parameter: ${param}`, { code: "parameter_unknown", param });
}

export function missingParameter(param: string): StripeApiError {
  return invalidRequest(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}

/** With `param`, the id comes from a parameter (400). Without it, the id comes from the path (404). */
export function noSuchObject(type: string, id: string, param?: string, hint = ""): StripeApiError {
  const words = type === "webhook_endpoint" ? "webhook endpoint" : type;
  return new StripeApiError(param === undefined ? 404 : 400, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${words}: '${id}'${hint}`,
    param: param ?? "id",
  });
}

export function unknownPath(method: string, path: string): StripeApiError {
  return new StripeApiError(404, {
    type: "invalid_request_error",
    message: `Unrecognized request URL (${method}: ${path}). Pocket Stripe does not have it.`,
  });
}

export function declined(): StripeApiError {
  return new StripeApiError(402, {
    type: "card_error",
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
  });
}

export function errorJson(error: ErrorBody, requestId: string): { error: Json } {
  return { error: { ...error, request_log_url: `https://dashboard.stripe.com/logs/${requestId}` } };
}
