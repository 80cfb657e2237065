import type { InboxStatus } from "../../../../shared/contract/enums.ts";
import type { Tone } from "../parts.tsx";

/** Labels for the results of Stripe events. */
export const stripeEventLabels: Record<InboxStatus, { label: string; tone: Tone; sentence: string }> = {
  received: {
    label: "Waiting",
    tone: "warn",
    sentence: "It waits to be applied, and is tried again by itself.",
  },
  applied: { label: "Applied", tone: "good", sentence: "It was applied to the customer." },
  ignored: { label: "Ignored", tone: "", sentence: "There was nothing to do." },
  failed: { label: "Failed", tone: "bad", sentence: "It could not be applied." },
};
