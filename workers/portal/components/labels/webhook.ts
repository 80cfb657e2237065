import type {
  DeliveryAttemptError,
  DeliveryState,
  endpointDisableReasons,
} from "../../../../shared/contract/enums.ts";
import type { DeliveryJobRow } from "../../../../shared/db/delivery-jobs.ts";
import type { Tone } from "../parts.tsx";

/** Labels of delivery states. The filter value `waiting` combines pending and retrying. */
export const deliveryStateLabels: Record<DeliveryState, { label: string; tone: Tone }> = {
  pending: { label: "Queued", tone: "" },
  failed: { label: "Retrying", tone: "warn" },
  sent: { label: "Delivered", tone: "good" },
  dead: { label: "Failed", tone: "bad" },
};

/** `label` is for tables. `sentence` explains one delivery attempt. */
export const deliveryErrorLabels: Record<DeliveryAttemptError, { label: string; sentence: string }> = {
  timeout: { label: "Timed out", sentence: "No response within 10 seconds." },
  dns: { label: "Name not found", sentence: "The host name could not be resolved." },
  refused: { label: "Connection refused", sentence: "The connection was refused or reset." },
  tls: { label: "TLS failed", sentence: "The certificate was not accepted." },
  redirect: { label: "Redirected", sentence: "Redirects are not followed." },
  blocked_address: { label: "Address not allowed", sentence: "The address is not public." },
  http: { label: "Error response", sentence: "Your endpoint must return 2xx." },
  interrupted: {
    label: "Interrupted",
    sentence: "Result unknown: your endpoint may have received it.",
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
  requeue: "Bulk retry",
  replay: "Replay",
};

export const disableReasonMessages: Record<(typeof endpointDisableReasons)[number], string> = {
  operator: "Disabled by an operator.",
  gone: "Disabled: the endpoint returned 410 Gone.",
  failing: "Disabled after 5 days of failures.",
};
