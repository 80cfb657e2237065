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

/** How an event came into the inbox: Stripe's call, or our sweep over its event list. */
export const eventFinders = ["webhook", "sweep"] as const;

/** Where a project's objects live; Cloudflare's Durable Object location hints. The order is part of the key format. */
export const regions = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof regions)[number];

/** The endpoints whose repetition by one `Idempotency-Key` is one and the same event. */
export type IdempotentEndpoint = "checkout/session" | "usage/consume";
