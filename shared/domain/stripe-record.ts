import type { Moment } from "./entitlement.ts";

/**
 * What a subject remembers of Stripe's objects, as far as its rights depend on them. Facts are merged into records so
 * that neither order nor repetition matters; entitlements are then derived from the records (`derive-*.ts`).
 */
export type StripeRecord = PaymentRecord | SubscriptionRecord;

export type RefundStatus = "pending" | "requires_action" | "succeeded" | "failed" | "canceled";

export type DisputeStatus =
  | "warning_needs_response"
  | "warning_under_review"
  | "warning_closed"
  | "needs_response"
  | "under_review"
  | "prevented"
  | "won"
  | "lost";

/** A refund or dispute of a payment, in the latest state that is known. */
export interface Reversal<Status extends string> {
  id: string;
  /** In the currency's minor unit. */
  amount: number;
  status: Status;
  /** When the object was made at Stripe. */
  createdAt: Moment;
  /** When Stripe last said this status: what was said before never replaces it. */
  version: Moment;
  /** When Stripe first said this status. */
  since: Moment;
}

/** One payment (by payment intent id), with everything that took or may take it back. */
export interface PaymentRecord {
  type: "payment";
  recordId: string;
  /** For payments of subscriptions: which period was paid, and how much. */
  invoice: PaidInvoice | null;
  refunds: Record<string, Reversal<RefundStatus>>;
  disputes: Record<string, Reversal<DisputeStatus>>;
}

export interface PaidInvoice {
  invoiceId: string;
  subscriptionId: string;
  /** The end of the period that the invoice pays for. */
  periodEnd: Moment | null;
  amountPaid: number;
}

export type StripeSubscriptionStatus =
  | "incomplete"
  | "incomplete_expired"
  | "trialing"
  | "active"
  | "past_due"
  | "canceled"
  | "unpaid"
  | "paused";

/** What has ended stays so: Stripe never takes these back. */
export function hasEnded(status: StripeSubscriptionStatus): boolean {
  return status === "canceled" || status === "incomplete_expired";
}

/** What a subscription was, at one moment of Stripe's. */
export interface SubscriptionSnapshot {
  status: StripeSubscriptionStatus;
  items: SubscriptionItem[];
  startedAt: Moment;
  cancelAtPeriodEnd: boolean;
  /** When it ended for good. */
  endedAt: Moment | null;
  /** `pause_collection`: shown, and changes nothing. */
  isCollectionPaused: boolean;
}

export interface SubscriptionItem {
  priceId: string;
  /** `null` when the price belongs to no product of the project and mode. */
  productCode: string | null;
  currentPeriodEnd: Moment | null;
}

/** A snapshot with the moment it holds for, and what can break a tie within Stripe's one-second clock. */
export interface Observation extends SubscriptionSnapshot {
  /** The event that said it, or the read: the same word twice is one observation. */
  sourceId: string;
  at: Moment;
  said: "created" | "updated" | "read" | "deleted";
  /** Of an update: the former values of what changed, as far as they are among `ComparedAttributes`. */
  previous: Partial<ComparedAttributes> | null;
}

export interface ComparedAttributes {
  status: StripeSubscriptionStatus;
  cancelAtPeriodEnd: boolean;
  currentPeriodEnd: Moment | null;
  priceIds: string;
}

/** Whose subscription it is and how it was sold, as far as its metadata, its checkout or an operator says. */
export interface SubscriptionOrigin {
  attemptId: string | null;
  customerId: string | null;
  /** What the checkout sold: the product of an item whose price is unknown and that was never known. */
  soldProductCode: string | null;
  /** The checkout's, for the outbound events. */
  metadata: Record<string, string> | null;
}

/** The paid Checkout session that a subscription came from. */
export interface SubscriptionCheckout {
  sessionId: string;
  /** In the currency's minor unit. */
  amountTotal: number | null;
  currency: string | null;
}

export interface SubscriptionRecord extends SubscriptionOrigin {
  type: "subscription";
  recordId: string;
  checkout: SubscriptionCheckout | null;
  /** Every moment known of it, oldest first; the last one is what it is. */
  observations: Observation[];
  /** Invoices by id: what became of them. */
  invoices: Record<string, NotedInvoice>;
}

export interface NotedInvoice {
  outcome: "paid" | "failed";
  /** The end of the period that it pays for. */
  periodEnd: Moment | null;
}
