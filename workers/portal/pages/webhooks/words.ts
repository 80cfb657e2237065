import type { OutboundEventType } from "../../../../shared/contract/outbound-event.ts";
import type {
  AttemptError,
  DeliveryState,
  endpointDisableReasons,
} from "../../../../shared/contract/words.ts";
import type { Tone } from "../../components/parts.tsx";

/** What the closed words of webhooks are called on pages. */

export const stateNames: Record<DeliveryState, string> = {
  pending: "Waiting",
  failed: "Failed, tried again",
  sent: "Sent",
  dead: "Given up",
};

export const stateTones: Record<DeliveryState, Tone> = {
  pending: "",
  failed: "warn",
  sent: "good",
  dead: "bad",
};

export const errorNames: Record<AttemptError, string> = {
  timeout: "No answer within 10 seconds",
  dns: "The name could not be looked up",
  refused: "The connection was refused or broken off",
  tls: "The certificate was not accepted",
  redirect: "A redirect, which is not followed",
  blocked_address: "The address is not public",
  http: "The receiver refused it",
  interrupted: "Its end was never recorded",
};

export const disableSentences: Record<(typeof endpointDisableReasons)[number], string> = {
  operator: "Disabled by an operator.",
  gone: "Disabled because it answered 410: gone for good.",
  failing: "Disabled because five days brought nothing but failures.",
};

export const eventMeanings: Record<OutboundEventType, string> = {
  "purchase.finalized": "A checkout was paid and gave something.",
  "entitlement.updated": "Somebody's access, end or units changed.",
  "usage.consumed": "Units were spent: one event for each call of yours.",
  "subscription.updated": "A subscription changed: status, period, plan.",
  "subscription.deleted": "A subscription has ended.",
  "invoice.payment_succeeded": "A renewal was paid.",
  "invoice.payment_failed": "A renewal could not be collected.",
};
