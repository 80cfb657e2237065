/**
 * The truth of the model: what happened at Stripe, without the events that report it. Times are in seconds,
 * as Stripe's are, and amounts in the minor unit. The oracle computes decisions from it.
 */
export interface Truth {
  subscriptions: Subscription[];
  invoices: Invoice[];
  payments: Payment[];
  purchases: Purchase[];
  operatorActions: OperatorAction[];
}

export interface Subscription {
  id: string;
  startedAt: number;
  /** The checkout that sold it; `null` for a subscription that Licenzy's checkout did not sell. */
  checkout: { sessionId: string; productCode: string; itemId: string } | null;
  /** All states, oldest first. The last one is the present state. */
  states: [SubscriptionState, ...SubscriptionState[]];
  /** Proration lines that wait for the next invoice. */
  pendingLines: Line[];
}

export interface SubscriptionState {
  at: number;
  status: SubscriptionStatus;
  items: Item[];
  cancelAtPeriodEnd: boolean;
  cancelAt: number | null;
  endedAt: number | null;
  isCollectionPaused: boolean;
}

export type SubscriptionStatus =
  | "incomplete"
  | "incomplete_expired"
  | "trialing"
  | "active"
  | "past_due"
  | "unpaid"
  | "paused"
  | "canceled";

export interface Item {
  id: string;
  createdAt: number;
  price: string;
  quantity: number;
  periodStart: number;
  periodEnd: number;
}

export interface Line {
  id: string;
  /** The subscription item; `null` for a one-off line. */
  itemId: string | null;
  price: string;
  quantity: number;
  /** Before discounts. Negative for a credit. */
  amount: number;
  discount: number;
  start: number;
  end: number;
  isProration: boolean;
  isTrial: boolean;
  /** The index of the subscription's state that it charges or credits. */
  state: number;
}

export interface Invoice {
  id: string;
  subscriptionId: string;
  lines: Line[];
  currency: string;
  /** Never negative. */
  amountDue: number;
  amountPaid: number;
  /** Paid outside of Stripe: there are no payments, and the invoice itself says that 0 was paid. */
  isPaidOutside: boolean;
  /** When the whole invoice was paid; `null` while it is not. */
  paidAt: number | null;
  /** Voided or marked uncollectible: nothing is to be paid. */
  isVoid: boolean;
  payments: Payment[];
}

export interface Payment {
  /** The payment intent. */
  id: string;
  amount: number;
  currency: string;
  /** `null` for the payment of a one-time purchase. */
  invoiceId: string | null;
  refunds: Refund[];
  disputes: Dispute[];
}

export interface Refund {
  id: string;
  amount: number;
  currency: string;
  createdAt: number;
  status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
}

export interface Dispute {
  id: string;
  amount: number;
  currency: string;
  createdAt: number;
  status:
    | "warning_needs_response"
    | "warning_under_review"
    | "warning_closed"
    | "needs_response"
    | "under_review"
    | "prevented"
    | "won"
    | "lost";
}

export type PurchaseKind = "usage_pack" | "time_pass";

export interface Purchase {
  sessionId: string;
  kind: PurchaseKind;
  payment: Payment;
  /** `free` has no payment at Stripe. */
  method: "card" | "debit" | "free";
  sessionCreatedAt: number;
  /** When the payment was begun. */
  begunAt: number;
  /** When the payment succeeded; `null` while a bank debit is open, and after it failed. */
  paidAt: number | null;
  isPending: boolean;
}

/** An operator's action on what a subscription grants of a product. */
export interface OperatorAction {
  type: "revoke" | "lift_holds";
  subscriptionId: string;
  productCode: string;
  at: number;
  /** The number of events before it. */
  afterEvents: number;
}

export const hasEnded = ({ status }: Pick<SubscriptionState, "status">): boolean =>
  status === "canceled" || status === "incomplete_expired";

/** Returns the present state. */
export function currentState({ states }: Subscription): SubscriptionState {
  return states.at(-1) ?? states[0];
}
