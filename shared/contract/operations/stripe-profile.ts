/** A charge of the customer at Stripe. Times are in milliseconds since 1970, amounts in the currency's smallest unit. */
export interface StripePayment {
  chargeId: string;
  paymentIntentId: string | null;
  createdAt: number;
  amount: number;
  amountRefunded: number;
  currency: string;
  status: "succeeded" | "pending" | "failed";
  /** Why it failed, in Stripe's words. */
  failure: string | null;
  /** `card`, `sepa_debit`, … `brand` is a card's. */
  method: { type: string; brand: string | null; last4: string | null } | null;
  /** The checkout of Licenzy that it paid. */
  attemptId: string | null;
  /** The subscription of the invoice that it paid. */
  subscriptionId: string | null;
  description: string | null;
  /** Stripe's status of the newest dispute; `null` without one. */
  dispute: string | null;
  /** When Stripe tries to collect the invoice again, if this is its last failed payment. */
  nextRetryAt: number | null;
}

/** A subscription's price. `amount` is `null` where no single amount is due per interval, as with tiers. */
export interface StripePlan {
  subscriptionId: string;
  amount: number | null;
  currency: string;
  /** `month`, `3 months`. */
  interval: string;
}

/** A customer as Stripe knows them. It is kept in memory for minutes, and stored nowhere. */
export interface StripeProfile {
  stripeCustomerId: string;
  /** The number of older Stripe customers of the same `subject_ref`, which this does not include. */
  olderCustomers: number;
  /** `null`, as the email, also when the customer was deleted at Stripe. */
  name: string | null;
  email: string | null;
  /** What was paid and not refunded, per currency. */
  paid: { currency: string; amount: number }[];
  /** Whether older payments exist that `paid` does not include. */
  paidIsPartial: boolean;
  plans: StripePlan[];
  /** The newest payments, newest first. */
  payments: StripePayment[];
  hasMorePayments: boolean;
  readAt: number;
}

/** The largest number of payments in a profile. */
export const maxPayments = 50;
