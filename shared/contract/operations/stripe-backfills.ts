import { z } from "zod";
import { objectId } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/**
 * A backfill reads every customer with Stripe objects from Stripe. The sweep of missed events starts one by itself, after
 * a gap longer than Stripe's event list reaches back. What it has read stays when it is stopped.
 */
export const stopStripeBackfill = operation({
  name: "stripe_backfill.stop",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["stripe_backfill.stop"],
  input: z.strictObject({ jobId: objectId }),
  output: done(),
});

/** Continues after the last customer that was read. */
export const resumeStripeBackfill = operation({
  name: "stripe_backfill.resume",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["stripe_backfill.resume"],
  input: z.strictObject({ jobId: objectId }),
  output: done(),
});
