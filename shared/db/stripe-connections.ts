import type { stripeConnections } from "./tables/configuration.ts";

export type StripeConnectionRow = typeof stripeConnections.$inferSelect;

export const toAuditValues = ({ apiKeyHint, stripeAccountId }: StripeConnectionRow) => ({
  apiKey: apiKeyHint,
  stripeAccountId,
});
