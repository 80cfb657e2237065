import type { InboxStatus } from "../../../../shared/contract/enums.ts";
import type { EventArrival, WebhookSilence } from "../../../../shared/domain/webhook-silence.ts";
import type { Tone } from "../parts.tsx";
import { formatDuration } from "../time.tsx";
import { formatCount } from "./common.ts";

/** Labels for the results of Stripe events. */
export const stripeEventLabels: Record<InboxStatus, { label: string; tone: Tone; sentence: string }> = {
  received: {
    label: "Queued",
    tone: "warn",
    sentence: "Not processed yet. Licenzy retries automatically.",
  },
  applied: { label: "Processed", tone: "good", sentence: "Processed." },
  ignored: { label: "Ignored", tone: "", sentence: "No change needed." },
  failed: { label: "Failed", tone: "bad", sentence: "Processing failed." },
};

/** Says how an event arrived: by webhook, or recovered from Stripe's event list and how late. */
export function describeArrival({ foundBy, deliveredAt, stripeCreatedAt, receivedAt }: EventArrival): {
  label: string;
  sentence: string;
  isMissed: boolean;
} {
  if (foundBy === "webhook")
    return { label: "Webhook", sentence: "Stripe delivered it by webhook.", isMissed: false };
  const delay = formatDuration(Math.max(0, receivedAt - stripeCreatedAt));
  const found = `Licenzy found it in Stripe's event list ${delay} after Stripe created it.`;
  return deliveredAt === null
    ? { label: "Event list", sentence: `${found} The webhook has not delivered it.`, isMissed: true }
    : { label: "Event list", sentence: `${found} The webhook delivered it later.`, isMissed: false };
}

/** Says that the webhook is silent, what it costs, and what to do. */
export function describeSilence({ missed, isAtLeast, longestDelayMs }: WebhookSilence): string {
  const count = `${isAtLeast ? "At least " : ""}${formatCount(missed)}`;
  const events = missed === 1 ? `${count} Stripe event` : `${count} Stripe events in a row`;
  return `${events} did not arrive by webhook. Licenzy recovered ${missed === 1 ? "it" : "them"} from Stripe's event list, up to ${formatDuration(longestDelayMs)} late. Until this is fixed, payments take effect with that delay. Register the webhook again, or compare its URL and signing secret in Stripe.`;
}
