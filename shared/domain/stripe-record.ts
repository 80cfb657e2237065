import type { TermsRecord } from "./allowance-terms.ts";
import type { Moment } from "./entitlement.ts";
import type { SignalRecord } from "./signal-settings.ts";

/**
 * A subject's record of a Stripe object, of a product's terms or of its signals, limited to what its entitlements depend on. Facts are merged into
 * records so that neither order nor repetition matters. Entitlements are then derived from the records
 * (`derive-*.ts`).
 */
export type StripeRecord = PaymentRecord | SubscriptionRecord | TermsRecord | SignalRecord;

export type RefundStatus = "pending" | "requires_action" | "succeeded" | "failed" | "canceled";

export type DisputeStatus =
  | "warning_needs_response"
  | "warning_under_review"
  | "warning_closed"
  | "needs_response"
  | "under_review"
  | "appeal_needs_response"
  | "appeal_under_review"
  | "prevented"
  | "won"
  | "lost";

/** A refund or dispute of a payment, in its latest known state. */
export interface Reversal<Status extends string> {
  id: string;
  /** In the currency's minor unit. */
  amount: number;
  /** Lowercase ISO code. Absent in older records; then it is the payment's. */
  currency?: string;
  status: Status;
  /** When the object was created in Stripe. */
  createdAt: Moment;
  /** When Stripe last reported this status. Older reports never replace it. */
  version: Moment;
  /** When Stripe first reported this status without another one after it. */
  since: Moment;
  /** When each status was reported, oldest first. Absent in older records. */
  reports?: StatusReport<Status>[];
}

/** Stripe reported this status at this time. */
export interface StatusReport<Status extends string> {
  at: Moment;
  status: Status;
}

/** One payment, keyed by payment intent id, with its refunds and disputes. */
export interface PaymentRecord {
  type: "payment";
  recordId: string;
  /** Subscription payments only: the invoice that the payment paid, alone or together with others. */
  invoice: PaidInvoice | null;
  refunds: Record<string, Reversal<RefundStatus>>;
  disputes: Record<string, Reversal<DisputeStatus>>;
}

/** What an invoice of a subscription pays for, and the money that came for it. */
export interface InvoiceTerms {
  /** The latest end among the covering lines. */
  periodEnd: Moment | null;
  /** The sum of all its payments, in the currency's minor unit. */
  amountPaid?: number;
  currency?: string;
  /** When the last payment succeeded. */
  paidAt?: Moment | null;
  /** The lines that cover something. Absent when only `periodEnd` is known (see `collectCoverage`). */
  lines?: InvoiceLine[];
}

/** A line of an invoice that pays for a period of one subscription item. */
export interface InvoiceLine {
  itemId: string;
  priceId: string;
  /** `null` when the price belongs to no product of the project and mode. */
  productCode: string | null;
  /** `null` for usage-based prices. */
  quantity: number | null;
  /** Before discounts, in the currency's minor unit; not negative. */
  amount: number;
  /** The line covers `[start, end)`. */
  start: Moment;
  end: Moment;
}

/** The invoice of a payment, as looked up with the payment's first refund or dispute. */
export interface PaidInvoice extends InvoiceTerms {
  invoiceId: string;
  subscriptionId: string;
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

/** Returns whether the status is final. Stripe never reopens an ended subscription. */
export function hasEnded(status: StripeSubscriptionStatus): boolean {
  return status === "canceled" || status === "incomplete_expired";
}

/** The state of a subscription at one moment of Stripe's clock. */
export interface SubscriptionSnapshot {
  status: StripeSubscriptionStatus;
  items: SubscriptionItem[];
  startedAt: Moment;
  /** Whether the subscription ends with its current period. */
  cancelAtPeriodEnd: boolean;
  /** The scheduled end, which may be later than the current period. Absent in older records. */
  cancelAt?: Moment | null;
  /** When the subscription ended permanently. */
  endedAt: Moment | null;
  /** Whether `pause_collection` is set. Displayed only; access does not depend on it. */
  isCollectionPaused: boolean;
}

export interface SubscriptionItem {
  /** Stripe's id (`si_…`). Absent in older records. */
  itemId?: string;
  /** When the item was added. Absent in older records. */
  createdAt?: Moment | null;
  /** `null` for usage-based prices. An item with quantity 0 bills nothing. Absent in older records. */
  quantity?: number | null;
  priceId: string;
  /** `null` when the price belongs to no product of the project and mode. */
  productCode: string | null;
  currentPeriodEnd: Moment | null;
}

/** A snapshot with its time, and the data that breaks a tie within Stripe's one-second clock. */
export interface Observation extends SubscriptionSnapshot {
  /** `items` are the first 10 of more, as in any event. A read has them all (`completeItems`). */
  hasMoreItems?: true;
  /**
   * The subscription lives on a test clock of Stripe: its times are the clock's, so they are never compared with ours.
   */
  isOnTestClock?: true;
  /** The id of the event or read. The same id twice is one observation. */
  sourceId: string;
  at: Moment;
  said: "created" | "updated" | "read" | "deleted";
  /** Updates only: the attributes before the update. Older records contain the changed ones alone. */
  previous: Partial<ComparedAttributes> | null;
}

/**
 * The attributes that distinguish two states of one second. Every part of a snapshot that an update can
 * change belongs here.
 */
export interface ComparedAttributes {
  status: StripeSubscriptionStatus;
  cancelAtPeriodEnd: boolean;
  isCollectionPaused: boolean;
  cancelAt?: Moment | null;
  /** Id, price, quantity and period end of each item, as JSON sorted by id. */
  items?: string;
  /** Older records only, in place of `cancelAt` and `items`. */
  currentPeriodEnd?: Moment | null;
  priceIds?: string;
}

/** The buyer of a subscription and how it was sold, as known from metadata, a checkout or an operator. */
export interface SubscriptionOrigin {
  attemptId: string | null;
  customerId: string | null;
  /** The product that the checkout sold. Used for an unknown price if no earlier product is known. */
  soldProductCode: string | null;
  /** The checkout's metadata, copied to outbound events. */
  metadata: Record<string, string> | null;
}

/** The paid Checkout session that created a subscription. */
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
  /** The known states, oldest first. The last one is current. */
  observations: Observation[];
  /** Outcomes of invoices, by invoice id. */
  invoices: Record<string, RecordedInvoice>;
}

/** An invoice of a subscription. An unpaid one has no terms but `periodEnd`. */
export interface RecordedInvoice extends InvoiceTerms {
  outcome: "paid" | "failed";
}
