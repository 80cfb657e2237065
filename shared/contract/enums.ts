/** The enums that workers, tables and the API share. Each is defined once, and rules and tables import it. */

export const modes = ["test", "live"] as const;
export type Mode = (typeof modes)[number];

export const entitlementKinds = ["subscription", "time_pass", "usage_pack"] as const;
export type EntitlementKind = (typeof entitlementKinds)[number];

/** How often a subscription grants its allowance: with each paid period, or each month of it. */
export const allowanceIntervals = ["period", "month"] as const;
export type AllowanceInterval = (typeof allowanceIntervals)[number];

/** How the threshold of a low balance is given: in units, or in percent of what a pack granted. */
export const lowBalanceUnits = ["units", "percent"] as const;
export type LowBalanceUnit = (typeof lowBalanceUnits)[number];

export const entitlementStatuses = ["active", "past_due", "paused", "canceled", "expired"] as const;
export type EntitlementStatus = (typeof entitlementStatuses)[number];

/**
 * Why access is denied, nearest to access first. Among several entitlements, the first reason is reported.
 */
export const denialReasons = [
  "payment_past_due",
  "payment_disputed",
  "payment_refunded",
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

/** What a denied customer can do. Access starts with Stripe's report of it, never with the action itself. */
export const recoveryActions = [
  "pay_invoice",
  "confirm_payment",
  "update_payment_method",
  "resume",
  "buy",
  "wait",
  "contact_support",
  "none",
] as const;
export type RecoveryAction = (typeof recoveryActions)[number];

/** What time alone does to an entitlement. `coverage_ended`: the paid period of a former plan ended. */
export const clockChanges = [
  "started",
  "expired",
  "grace_ended",
  "coverage_ended",
  "hold_began",
  "hold_ended",
] as const;
export type ClockChange = (typeof clockChanges)[number];

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

/** The flags of an entitlement that the D1 copy has, because alert rules read them. */
export const alertFlags = ["unknown_price", "parallel_subscription", "paid_after_end"] as const;

/** Languages of Stripe's checkout page that a product can fix. */
export const checkoutLocales = [
  "en",
  "bg",
  "cs",
  "da",
  "de",
  "el",
  "es",
  "et",
  "fi",
  "fr",
  "hu",
  "it",
  "ja",
  "ko",
  "lt",
  "lv",
  "nb",
  "nl",
  "pl",
  "pt",
  "ro",
  "ru",
  "sk",
  "sl",
  "sv",
  "th",
  "tr",
  "vi",
  "zh",
] as const;

export const checkoutAttemptStatuses = ["created", "processing", "finalized", "failed"] as const;
export type CheckoutAttemptStatus = (typeof checkoutAttemptStatuses)[number];

export const planStatuses = ["none", "trial", "active", "lapsed"] as const;
export type PlanStatus = (typeof planStatuses)[number];

export const inboxStatuses = ["received", "applied", "ignored", "failed"] as const;
export type InboxStatus = (typeof inboxStatuses)[number];

/** How an event reached the inbox: by Stripe's webhook request, or by the sweep of Stripe's event list. */
export const stripeEventSources = ["webhook", "sweep"] as const;

/**
 * `pending`: no finished attempt yet. `failed`: the last attempt failed and a retry is scheduled. `sent`: the
 * receiver answered 2xx. `dead`: no further automatic retry.
 */
export const deliveryStates = ["pending", "failed", "sent", "dead"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export const deliveryAttemptKinds = ["scheduled", "manual"] as const;

/** Why a delivery attempt failed. `refused`: connection refused or reset, or a response that is not HTTP. */
export const deliveryAttemptErrors = [
  "timeout",
  "dns",
  "refused",
  "tls",
  "redirect",
  "blocked_address",
  "http",
  /** The attempt's end was never recorded. The receiver may have received the event. */
  "interrupted",
] as const;
export type DeliveryAttemptError = (typeof deliveryAttemptErrors)[number];

/** Why an endpoint is disabled: by an operator, after a 410 response, or after 5 days with only failures. */
export const endpointDisableReasons = ["operator", "gone", "failing"] as const;

/** The region of a project's objects: a Durable Object location hint. The key format depends on the order. */
export const regions = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof regions)[number];

/**
 * The operations that are idempotent per key: endpoints by `Idempotency-Key`, an operator's form by its id.
 */
export type IdempotentOperation =
  | "checkout/session"
  | "access/recovery"
  | "customer/portal-session"
  | "usage/consume"
  | "usage/reserve"
  | "usage/settle"
  | "usage/release"
  | "usage/reverse"
  | "portal/action";
