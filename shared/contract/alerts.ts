import type { Mode } from "./enums.ts";

/** How soon someone should look: 1 is most urgent. */
export type AlertUrgency = 1 | 2 | 3;

/** The number that a rule compares with, and its unit in the plural. */
export interface AlertThreshold {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

interface AlertRuleDeclaration {
  /** The heading of an item, and the beginning of its messages. */
  readonly title: string;
  /** When the rule applies. */
  readonly meaning: string;
  readonly urgency: AlertUrgency;
  /**
   * A `state` holds until its cause ends: an operator can only snooze it. An `incident` has happened: an
   * operator can mark it done, and only a later one opens an item again.
   */
  readonly kind: "state" | "incident";
  /** Whether channels get messages. The items of the others are listed in the inbox only. */
  readonly sends: boolean;
  readonly threshold: AlertThreshold | null;
}

/** Every alert rule. Evaluation, settings, inbox, messages, docs and tests read this table. */
export const alertRules = {
  stripe_webhook_silent: {
    title: "Stripe webhook silent",
    meaning:
      "Consecutive Stripe events, or all of an hour, did not arrive by webhook. Licenzy recovered them later.",
    urgency: 1,
    kind: "state",
    sends: true,
    threshold: { fallback: 3, min: 1, max: 20, unit: "missed events" },
  },
  stripe_event_failed: {
    title: "Stripe events failed to process",
    meaning: "Stripe events of a type failed, so customers may have the wrong access.",
    urgency: 1,
    kind: "incident",
    sends: true,
    threshold: null,
  },
  sweep_failing: {
    title: "Background work failing",
    meaning: "Stripe's event list can't be read, or a background task fails in every run.",
    urgency: 1,
    kind: "state",
    sends: true,
    threshold: { fallback: 15, min: 1, max: 1_440, unit: "minutes" },
  },
  endpoint_failing: {
    title: "Webhook endpoint failing",
    meaning: "Attempts to an endpoint failed in a row, or it was disabled automatically.",
    urgency: 1,
    kind: "state",
    sends: true,
    threshold: { fallback: 5, min: 1, max: 1_000, unit: "failed attempts" },
  },
  delivery_given_up: {
    title: "Webhook deliveries failed",
    meaning: "Deliveries used up their retries while the endpoint works again.",
    urgency: 2,
    kind: "incident",
    sends: true,
    threshold: null,
  },
  copy_behind: {
    title: "Search data behind",
    meaning: "Lists and search lack changes of customers. Access checks are not affected.",
    urgency: 2,
    kind: "state",
    sends: true,
    threshold: { fallback: 10, min: 1, max: 1_440, unit: "minutes" },
  },
  key_expiring: {
    title: "API key expires",
    meaning: "An API key without a successor expires soon, or expired in the last 7 days.",
    urgency: 2,
    kind: "state",
    sends: true,
    threshold: { fallback: 14, min: 1, max: 90, unit: "days" },
  },
  dispute_opened: {
    title: "Dispute opened",
    meaning: "A customer disputed a payment. Stripe sets a deadline for the response.",
    urgency: 1,
    kind: "incident",
    sends: true,
    threshold: null,
  },
  denials_unusual: {
    title: "Unusual denials",
    meaning:
      "Checks of customers who have paid were denied more often in an hour than in any hour of the last 7 days.",
    urgency: 1,
    kind: "state",
    sends: true,
    threshold: { fallback: 20, min: 5, max: 100_000, unit: "more denials" },
  },
  unknown_price: {
    title: "Unknown price",
    meaning: "A subscription has a price that belongs to no product.",
    urgency: 2,
    kind: "state",
    sends: true,
    threshold: null,
  },
  access_audit_disagrees: {
    title: "Access audit disagrees",
    meaning: "The last access audit found paying customers without access, or access without a payment.",
    urgency: 1,
    kind: "state",
    sends: true,
    threshold: null,
  },
  paid_without_access: {
    title: "Paid without access",
    meaning: "A payment arrived after the subscription ended, and granted nothing.",
    urgency: 2,
    kind: "incident",
    sends: false,
    threshold: null,
  },
  duplicate_subscription: {
    title: "Duplicate subscription",
    meaning: "A customer pays for the same product with more than one subscription.",
    urgency: 3,
    kind: "state",
    sends: false,
    threshold: null,
  },
  past_due: {
    title: "Payment past due",
    meaning: "Stripe could not collect a payment of a subscription.",
    urgency: 3,
    kind: "state",
    sends: false,
    threshold: null,
  },
} as const satisfies Record<string, AlertRuleDeclaration>;

export type AlertRule = keyof typeof alertRules;
export const alertRuleNames = Object.keys(alertRules) as [AlertRule, ...AlertRule[]];

/** Returns the declaration without its literal types. */
export const declarationOf = (rule: AlertRule): AlertRuleDeclaration => alertRules[rule];

/** The settings of a rule in one project and mode. A rule without a stored row has the defaults. */
export interface AlertRuleSetting {
  rule: AlertRule;
  isEnabled: boolean;
  /** `null` for a rule without a threshold. */
  threshold: number | null;
}

export const alertChannelKinds = ["email", "slack", "webhook"] as const;
export type AlertChannelKind = (typeof alertChannelKinds)[number];

export const alertMessageKinds = ["fired", "resolved", "digest", "test"] as const;
export type AlertMessageKind = (typeof alertMessageKinds)[number];

/**
 * `pending`: an attempt is due or in progress. `held`: over the hourly limit, waits for the digest.
 * `digested`: part of a digest. `sent`: accepted. `dead`: no further attempt.
 */
export const alertMessageStates = ["pending", "held", "digested", "sent", "dead"] as const;

/** Sent per project and mode in an hour. The rest of the hour follows as one digest per channel. */
export const maxAlertMessagesPerHour = 20;

/** What an operator last did with an alert. */
export const alertActions = ["assigned", "unassigned", "snoozed", "unsnoozed", "done"] as const;
export type AlertAction = (typeof alertActions)[number];

/** The content of a message, from which each kind of channel builds its form. */
export interface AlertMessageContent {
  kind: AlertMessageKind;
  project_id: string;
  project_name: string;
  mode: Mode;
  /** `null` for a digest and a test. */
  alert_id: string | null;
  rule: AlertRule | null;
  title: string;
  cause: string;
  subject_ref: string | null;
  /** One line per alert of a digest, at most 20. */
  lines: string[];
  /** The number of messages that a digest replaces; otherwise 1. */
  count: number;
  /** Milliseconds since 1970. */
  at: number;
}
