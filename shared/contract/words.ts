/** The closed sets of words that cross a border. Each is defined here once; rules and tables import them. */

export const modes = ["test", "live"] as const;
export type Mode = (typeof modes)[number];

export const kinds = ["subscription", "time_pass", "usage_pack"] as const;
export type Kind = (typeof kinds)[number];

export const entitlementStatuses = ["active", "past_due", "paused", "canceled", "expired"] as const;
export type EntitlementStatus = (typeof entitlementStatuses)[number];

/** Why access is denied, nearest to access first: when several apply, the first one in this order is told. */
export const denialReasons = [
  "payment_past_due",
  "payment_disputed",
  "subscription_incomplete",
  "subscription_paused",
  "usage_exhausted",
  "not_started",
  "time_pass_expired",
  "subscription_ended",
  "refunded",
  "revoked",
  "no_entitlement",
] as const;
export type DenialReason = (typeof denialReasons)[number];

export const customerStatuses = [
  "active",
  "past_due",
  "paused",
  "exhausted",
  "expired",
  "canceled",
  "none",
] as const;
export type CustomerStatus = (typeof customerStatuses)[number];

export const entitlementSources = ["stripe", "portal"] as const;
export type EntitlementSource = (typeof entitlementSources)[number];

export const checkoutAttemptStatuses = ["created", "processing", "finalized", "failed"] as const;
export type CheckoutAttemptStatus = (typeof checkoutAttemptStatuses)[number];

export const planStatuses = ["none", "trial", "active", "lapsed"] as const;
export type PlanStatus = (typeof planStatuses)[number];

export const inboxStatuses = ["received", "applied", "ignored", "failed"] as const;
export type InboxStatus = (typeof inboxStatuses)[number];

/** How an event came into the inbox: Stripe's call, or our sweep over its event list. */
export const eventFinders = ["webhook", "sweep"] as const;

/**
 * `pending`: no finished attempt yet. `failed`: the last attempt failed, another is scheduled. `sent`: a 2xx came.
 * `dead`: no further automatic attempt.
 */
export const deliveryStates = ["pending", "failed", "sent", "dead"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export const attemptKinds = ["scheduled", "manual"] as const;

/** Why a delivery attempt failed. `refused` is a connection that was refused, reset or answered with no HTTP. */
export const attemptErrors = [
  "timeout",
  "dns",
  "refused",
  "tls",
  "redirect",
  "blocked_address",
  "http",
  /** Its end was never recorded: the receiver may have got it. */
  "interrupted",
] as const;
export type AttemptError = (typeof attemptErrors)[number];

/** Why an endpoint is off: an operator did it, it answered 410, or 5 days brought nothing but failures. */
export const endpointDisableReasons = ["operator", "gone", "failing"] as const;

/** Where a project's objects live; Cloudflare's Durable Object location hints. The order is part of the key format. */
export const regions = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof regions)[number];

/** Whose repetition by one key is one and the same event: endpoints by `Idempotency-Key`, an operator's form by its id. */
export type IdempotentEndpoint = "checkout/session" | "usage/consume" | "portal/action";
