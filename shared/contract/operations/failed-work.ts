import { z } from "zod";
import { subjectRef } from "./customers.ts";
import { fingerprint } from "./inputs.ts";
import { done, operation, output } from "./operation.ts";

/** Counts what a retry would send or process again. Failed events of an unknown customer are not counted. */
export const previewRetry = operation({
  name: "customer.preview_retry",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ subjectRef }),
  output: done<{ failed: FailedWork; fingerprint: string }>(),
});

/** What failed for a customer: Stripe events, and deliveries to enabled endpoints that failed or are dead. */
export interface FailedWork {
  events: number;
  deliveries: number;
}

/**
 * Makes the customer's failed Stripe events and deliveries due now. They are tried within a minute.
 * `preview_outdated`: other ones have failed since the preview; nothing was retried.
 */
export const retryCustomer = operation({
  name: "customer.retry",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["customer.retry"],
  input: z.strictObject({ subjectRef, fingerprint }),
  output: output<{ outcome: "done" | "preview_outdated"; failed: FailedWork }>(),
});
