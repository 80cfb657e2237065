/**
 * Every word that can stand in `error` of a reply of the runtime API, with its HTTP status.
 *
 * The one table: replies are built from it and the reference page is made from it. A code is never renamed.
 */
export const errorCodes = {
  invalid_json: { status: 400, meaning: "The body is not well-formed JSON in UTF-8." },
  invalid_request: { status: 400, meaning: "The request breaks the schema; `details` names each fault." },
  missing_idempotency_key: { status: 400, meaning: "This endpoint needs an `Idempotency-Key` header." },
  invalid_idempotency_key: {
    status: 400,
    meaning: "`Idempotency-Key` is not 1 to 255 visible ASCII characters.",
  },
  missing_bearer_token: { status: 401, meaning: "There is no `Authorization: Bearer` header." },
  invalid_api_key: { status: 401, meaning: "The key is unknown, revoked, expired or malformed." },
  plan_mode_not_allowed: {
    status: 403,
    meaning: "Live writes need an account whose plan is `trial` or `active`. Test mode always works.",
  },
  not_found: { status: 404, meaning: "There is no such route or object." },
  product_not_found: {
    status: 404,
    meaning: "No product of this code exists in the project and mode of the key.",
  },
  insufficient_usage: { status: 409, meaning: "Fewer units are left than asked for. Nothing was consumed." },
  idempotency_conflict: {
    status: 409,
    meaning: "This `Idempotency-Key` was used before with a different request.",
  },
  idempotency_in_progress: {
    status: 409,
    meaning: "The first request with this `Idempotency-Key` is still under way. Try again shortly.",
  },
  already_subscribed: {
    status: 409,
    meaning: "The subject has a subscription to this product that has not ended.",
  },
  stripe_not_connected: { status: 409, meaning: "The project has no Stripe connection in this mode." },
  product_inactive: { status: 409, meaning: "The product is archived and is not sold any more." },
  payload_too_large: { status: 413, meaning: "The body is larger than the route accepts." },
  unsupported_media_type: { status: 415, meaning: "The body must be `application/json`." },
  rate_limited: { status: 429, meaning: "The key made too many requests. `Retry-After` says when to go on." },
  stripe_error: { status: 502, meaning: "Stripe refused the call or could not be reached." },
  temporarily_unavailable: {
    status: 503,
    meaning: "A part that this answer needs does not respond. Retry with the same `Idempotency-Key`.",
  },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;
