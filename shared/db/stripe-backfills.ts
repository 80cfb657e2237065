import type { stripeBackfills } from "./tables/stripe-backfills.ts";

export type StripeBackfillRow = typeof stripeBackfills.$inferSelect;

/** A customer that can't be read from Stripe, with the reason. */
export interface BackfillFinding {
  subjectRef: string;
  message: string;
}

export const parseBackfillFindings = ({ findings }: StripeBackfillRow): BackfillFinding[] =>
  JSON.parse(findings);
