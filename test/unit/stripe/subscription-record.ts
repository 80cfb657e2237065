import type { SubscriptionRecord } from "../../../shared/domain/stripe-record.ts";

/** Builds the record of a subscription of which nothing but its invoices is known. */
export const buildSubscriptionRecord = (invoices: SubscriptionRecord["invoices"]): SubscriptionRecord => ({
  type: "subscription",
  recordId: "sub_1",
  attemptId: null,
  customerId: null,
  soldProductCode: null,
  metadata: null,
  checkout: null,
  observations: [],
  invoices,
});
