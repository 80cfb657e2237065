import type { InboxStatus } from "../../../../shared/contract/enums.ts";
import type { Tone } from "../parts.tsx";

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
