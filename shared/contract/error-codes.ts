/**
 * Every code that `error` of a runtime API response can contain, with its HTTP status.
 *
 * This is the only such table: responses and the reference page are built from it. A code is never renamed.
 */
export const errorCodes = {
  invalid_json: { status: 400, meaning: "The body is not valid JSON in UTF-8." },
  invalid_request: {
    status: 400,
    meaning: "The request does not match the schema. `details` lists each error.",
  },
  missing_idempotency_key: { status: 400, meaning: "The required `Idempotency-Key` header is missing." },
  invalid_idempotency_key: {
    status: 400,
    meaning: "`Idempotency-Key` is not 1 to 255 visible ASCII characters.",
  },
  missing_bearer_token: { status: 401, meaning: "The `Authorization: Bearer` header is missing." },
  invalid_api_key: { status: 401, meaning: "The key is unknown, revoked, expired or malformed." },
  plan_mode_not_allowed: {
    status: 403,
    meaning: "Live writes require the plan `trial` or `active`. Test mode is always available.",
  },
  test_mode_only: { status: 403, meaning: "The endpoint is available in test mode only." },
  not_found: { status: 404, meaning: "The endpoint or object does not exist." },
  product_not_found: {
    status: 404,
    meaning: "No product with this code exists in the key's project and mode.",
  },
  reservation_not_found: {
    status: 404,
    meaning: "The customer has no such reservation, or it was closed more than 90 days ago.",
  },
  method_not_allowed: {
    status: 405,
    meaning: "The endpoint does not support this method. `Allow` lists the methods it supports.",
  },
  insufficient_usage: {
    status: 409,
    meaning: "Fewer units are available than requested. Nothing was consumed or reserved.",
  },
  reservation_closed: { status: 409, meaning: "The reservation was already settled or released." },
  reservation_expired: {
    status: 409,
    meaning:
      "The reservation's time ended and its units were released. A settle draws from the balance for 24 hours after that; this one found too few units or came later. The units are listed on the customer's page.",
  },
  exceeds_reservation: {
    status: 409,
    meaning:
      "The request exceeds the units that the reservation holds; with `allow_more`, the packs can't cover the rest. The reservation is unchanged.",
  },
  already_reversed: { status: 409, meaning: "The consume or settle was already reversed." },
  too_many_reservations: {
    status: 409,
    meaning: "The customer has 1,000 open reservations. Settle or release some first.",
  },
  idempotency_conflict: {
    status: 409,
    meaning: "This `Idempotency-Key` was already used with different parameters.",
  },
  idempotency_in_progress: {
    status: 409,
    meaning:
      "A request with this `Idempotency-Key` is still in progress. Retry after the `Retry-After` delay.",
  },
  already_subscribed: {
    status: 409,
    meaning: "The customer has a subscription to this product that has not ended.",
  },
  stripe_not_connected: { status: 409, meaning: "The project has no Stripe connection in this mode." },
  no_stripe_customer: {
    status: 409,
    meaning: "The customer never paid through Stripe, so there is no customer portal to open.",
  },
  product_inactive: { status: 409, meaning: "The product is archived and can no longer be purchased." },
  payload_too_large: { status: 413, meaning: "The body exceeds the size limit of the endpoint." },
  unsupported_media_type: { status: 415, meaning: "The body must be `application/json`." },
  rate_limited: {
    status: 429,
    meaning:
      "The key made more requests in 10 s than the project's rate limit. It is counted per location, and a few more may pass. Retry after the `Retry-After` delay.",
  },
  stripe_error: { status: 502, meaning: "Stripe rejected the request or could not be reached." },
  temporarily_unavailable: {
    status: 503,
    meaning: "A required service did not respond. Retry with the same `Idempotency-Key`.",
  },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;
