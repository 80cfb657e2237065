import type { EntitlementSource, EntitlementStatus, Kind } from "../contract/words.ts";

/** A moment in milliseconds since 1970, UTC. */
export type Moment = number;

export const dayMs = 86_400_000;

/**
 * Something that keeps a right from being used although it was bought. Keyed by the Stripe object that caused it.
 *
 * It stands as long as its cause does, and is effective unless an operator lifted it or a later period is paid.
 */
export interface Hold {
  causeId: string;
  reason: "dispute" | "refund";
  placedAt: Moment;
  /** The end of the period that the disputed or refunded invoice paid for; `null` for one-time purchases. */
  periodEnd: Moment | null;
  /** When an operator lifted it. */
  liftedAt: Moment | null;
}

/** What Stripe knows the purchase by, and what the customer paid. Frozen when it is granted. */
export interface Purchase {
  /** `null` when it was adopted: sold at Stripe without a checkout of ours. */
  attemptId: string | null;
  /** One-time purchases. */
  checkoutSessionId: string | null;
  paymentIntentId: string | null;
  /** Subscriptions. */
  subscriptionId: string | null;
  customerId: string | null;
  /** In the currency's minor unit. */
  amountTotal: number | null;
  currency: string | null;
  metadata: Record<string, string>;
}

/**
 * One commercial right of a subject, as the ledger has it. `status` is what is *recorded*: whether it can be used is
 * computed at the moment of asking (`availability`), so that a late alarm never keeps access open.
 */
export interface Entitlement {
  entitlementId: string;
  kind: Kind;
  productCode: string;
  source: EntitlementSource;
  status: EntitlementStatus;
  /** Why the status is what it is, where the status alone does not tell. */
  statusReason: "refunded" | "revoked" | "subscription_ended" | "subscription_incomplete" | null;
  /** Usage packs only. */
  unitsGranted: number | null;
  unitsRemaining: number | null;
  /** Time passes only: how long one pass lasts. */
  durationDays: number | null;
  /** When the money arrived at Stripe, or when an operator granted it. Orders passes and counts lot expiry. */
  paidAt: Moment;
  startsAt: Moment | null;
  expiresAt: Moment | null;
  /** Subscriptions only. */
  currentPeriodEnd: Moment | null;
  cancelAtPeriodEnd: boolean | null;
  pastDueSince: Moment | null;
  /** Until when it can be used although it is past due; stamped when it became so. */
  graceUntil: Moment | null;
  /** The latest end of a period that was paid: a hold of an earlier period is over. */
  paidThrough: Moment | null;
  canceledAt: Moment | null;
  /**
   * An operator ended it; `periodEnd` is up to when the subscription was paid then: paid longer, it is back. Entries that
   * are older than this field lack it.
   */
  revocation?: { at: Moment; periodEnd: Moment | null } | null;
  holds: Hold[];
  /** Units that a full refund or an operator took back, to be given back exactly if that is undone. */
  unitsClawedBack: number | null;
  flags: Flag[];
  purchase: Purchase | null;
  createdAt: Moment;
  updatedAt: Moment;
}

/** What an operator should look at. Nothing is decided by it. */
export type Flag =
  /** A price of the subscription belongs to no product: the product it had before is kept. */
  | "unknown_price"
  /** The subject pays for this product twice at a time. */
  | "parallel_subscription"
  /** The period ended more than 72 hours ago, and Stripe says nothing else. */
  | "period_overdue"
  /** Stripe does not collect its invoices for now (`pause_collection`). */
  | "collection_paused";

/** What a purchase grants: the product as it was when the checkout attempt was made, not as it is today. */
export interface GrantTerms {
  kind: Kind;
  productCode: string;
  /** Usage packs: how many units. */
  units: number | null;
  /** Time passes: how many days. */
  durationDays: number | null;
  /** Usage packs: how many days after payment the lot expires; `null` for never. */
  expiresAfterDays: number | null;
}

/** Newest first; of the same moment, by id, so that a page after another neither repeats nor skips one. */
export function newestFirst(entitlements: Entitlement[]): Entitlement[] {
  return entitlements.toSorted(
    (a, b) => b.createdAt - a.createdAt || (a.entitlementId < b.entitlementId ? 1 : -1),
  );
}
