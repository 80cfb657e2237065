import type {
  DeliveryAttemptError,
  DeliveryState,
  endpointDisableReasons,
} from "../../../../shared/contract/enums.ts";
import type { OutboundEventType } from "../../../../shared/contract/outbound-event.ts";
import type { DeliveryJobRow } from "../../../../shared/db/delivery-jobs.ts";
import type { Tone } from "../parts.tsx";

/** Labels of delivery states. The filter value `waiting` combines pending and retrying. */
export const deliveryStateLabels: Record<DeliveryState, { label: string; tone: Tone }> = {
  pending: { label: "Pending", tone: "" },
  failed: { label: "Retrying", tone: "warn" },
  sent: { label: "Delivered", tone: "good" },
  dead: { label: "Given up", tone: "bad" },
};

/** `label` is for tables. `sentence` explains one delivery attempt. */
export const deliveryErrorLabels: Record<DeliveryAttemptError, { label: string; sentence: string }> = {
  timeout: { label: "Timed out", sentence: "No answer came within 10 seconds." },
  dns: { label: "Name not found", sentence: "The host's name could not be looked up." },
  refused: { label: "Connection refused", sentence: "The connection was refused, or broken off unanswered." },
  tls: { label: "TLS failed", sentence: "The certificate was not accepted." },
  redirect: { label: "Redirected", sentence: "Redirects are not followed." },
  blocked_address: { label: "Address not allowed", sentence: "The address is not public." },
  http: { label: "Refused by the receiver", sentence: "Only an answer of 2xx counts as delivered." },
  interrupted: {
    label: "Interrupted",
    sentence: "Its end was never recorded: the receiver may have got it.",
  },
};

/**
 * Formats the result of an attempt: `HTTP 500`, `Timed out`. Returns `null` before the first attempt ended.
 */
export function formatAttemptResult(
  status: number | null,
  error: DeliveryAttemptError | null,
): string | null {
  if (status !== null) return `HTTP ${status}`;
  return error === null ? null : deliveryErrorLabels[error].label;
}

/** Names of jobs that process many deliveries. */
export const deliveryJobLabels: Record<DeliveryJobRow["kind"], string> = {
  requeue: "Queueing many again",
  replay: "Replay",
};

export const disableReasonMessages: Record<(typeof endpointDisableReasons)[number], string> = {
  operator: "Disabled by an operator.",
  gone: "Disabled because it answered 410: gone for good.",
  failing: "Disabled because five days brought nothing but failures.",
};

export const eventTypeDescriptions: Record<OutboundEventType, string> = {
  "purchase.finalized": "A checkout was paid and gave something.",
  "entitlement.updated": "Somebody's access, end or units changed.",
  "usage.consumed": "Units were spent: one event for each call of yours.",
  "subscription.updated": "A subscription changed: status, period, plan.",
  "subscription.deleted": "A subscription has ended.",
  "invoice.payment_succeeded": "A renewal was paid.",
  "invoice.payment_failed": "A renewal could not be collected.",
};
