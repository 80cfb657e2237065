import type { EntitlementKind, EntitlementSource, EntitlementStatus } from "../contract/enums.ts";

/** A point in time in milliseconds since 1970, UTC. */
export type Moment = number;

export const dayMs = 86_400_000;

/**
 * A block on the use of a purchased entitlement. Keyed by the Stripe object that caused it.
 *
 * A hold exists as long as its cause does. It is effective within its window, unless an operator lifts it.
 */
export interface Hold {
  causeId: string;
  reason: "dispute" | "refund";
  placedAt: Moment;
  /**
   * When the hold blocks: from the end of what another invoice covers (`null`: at once) until the start of
   * the next paid period (`null`: no end). Absent in older entries, which contain `periodEnd` instead.
   */
  window?: { from: Moment | null; until: Moment | null };
  /** Older entries only: the end of the period that the disputed or refunded invoice paid for. */
  periodEnd?: Moment | null;
  /** When an operator lifted the hold. */
  liftedAt: Moment | null;
}

/**
 * Stripe's ids of a purchase, and the amount paid. A one-time purchase's values are frozen when it is
 * granted. A subscription's missing values are filled in as later facts arrive.
 */
export interface Purchase {
  /** `null` for an adopted purchase: one that Stripe sold without a Licenzy checkout. */
  attemptId: string | null;
  /** One-time purchases only. */
  checkoutSessionId: string | null;
  paymentIntentId: string | null;
  /** Subscriptions only. */
  subscriptionId: string | null;
  customerId: string | null;
  /** In the currency's minor unit. */
  amountTotal: number | null;
  currency: string | null;
  metadata: Record<string, string>;
}

/**
 * One entitlement of a subject, as the ledger records it. `status` is the *recorded* status. Whether the
 * entitlement can be used is computed on each read (`availability`), so that a late alarm never extends
 * access.
 */
export interface Entitlement {
  entitlementId: string;
  kind: EntitlementKind;
  productCode: string;
  source: EntitlementSource;
  status: EntitlementStatus;
  /** The reason for the status, where the status alone is ambiguous. */
  statusReason: "refunded" | "revoked" | "subscription_ended" | "subscription_incomplete" | null;
  /** Usage packs only. */
  unitsGranted: number | null;
  unitsRemaining: number | null;
  /** Time passes only: the length of one pass. */
  durationDays: number | null;
  /** When the payment succeeded, or an operator granted it. Orders passes, and starts a pack's expiry. */
  paidAt: Moment;
  /** The source of `paidAt`, if it is not the event of the payment. A better source corrects it. */
  paidAtFrom?: "read" | "estimate";
  startsAt: Moment | null;
  expiresAt: Moment | null;
  /** Subscriptions only. */
  currentPeriodEnd: Moment | null;
  cancelAtPeriodEnd: boolean | null;
  pastDueSince: Moment | null;
  /** The end of the grace period of a past-due subscription. Set when the subscription became past due. */
  graceUntil: Moment | null;
  /** The end of what the paid invoices cover, without reversed ones. */
  paidThrough: Moment | null;
  /**
   * Past-due subscriptions only: the end of a period that was paid for this product. The product stays usable
   * until then, because only something else is not paid, such as a change of plan.
   */
  coveredUntil?: Moment | null;
  canceledAt: Moment | null;
  /**
   * Set when an operator ended the entitlement. A later payment restores the subscription. `periodEnd` is the
   * paid or current period end at that time, compared with invoices that were recorded without `paidAt`.
   * Entries older than this field lack it.
   */
  revocation?: { at: Moment; periodEnd: Moment | null } | null;
  holds: Hold[];
  /** Units that a full refund or an operator clawed back. Undoing either returns exactly these units. */
  unitsClawedBack: number | null;
  /** Units that were left at the expiry, or came back after it. A correction of the expiry returns exactly these units. */
  unitsExpired?: number;
  /** Lots of an allowance only: units that a later window did not keep. Nothing returns them. */
  unitsForfeited?: number;
  /**
   * Of an allowance's lot: the units that had left it otherwise at the beginning of each later window, such as spent or held
   * ones. A beginning that is absent had none. So a turn that is computed again does not take later use for unused units.
   */
  usedAtTurns?: { at: Moment; units: number }[];
  /** Usage packs only: what operators added or removed. A reversal from before an addition leaves it. */
  adjustments?: { at: Moment; change: number }[];
  flags: Flag[];
  purchase: Purchase | null;
  /** Lots of an allowance only: the entitlement of the subscription that includes it. */
  includedIn?: string;
  /** Subscriptions only: the windows of the allowance that the paid periods give, the first to begin first. */
  allowance?: AllowanceWindow[];
  createdAt: Moment;
  updatedAt: Moment;
}

/** A window of an allowance. Its lot is granted when it begins. */
export interface AllowanceWindow {
  /** The entitlement id of its lot. */
  lotId: string;
  start: Moment;
  end: Moment;
  /** The end of the lot: that of the window, or of a later one up to which unused units roll over. */
  expiresAt: Moment;
  units: number;
  /** The unused units of earlier windows that are kept when it begins, at most. */
  rolloverMax: number | null;
  /** When the payment was taken back in full. */
  reversedAt: Moment | null;
  /** Open disputes of the payment. */
  disputes: AllowanceDispute[];
}

interface AllowanceDispute {
  causeId: string;
  relatedCauseIds: string[];
  placedAt: Moment;
}

/** A condition that an operator should review. Flags never affect access. */
export type Flag =
  /** A price of the subscription belongs to no product. The previous product is kept. */
  | "unknown_price"
  /** The subject pays for this product with more than one subscription at a time. */
  | "parallel_subscription"
  /** The period ended more than 72 hours ago, and a read from Stripe shows no newer period. */
  | "period_overdue"
  /** Stripe is not collecting the subscription's invoices (`pause_collection`). */
  | "collection_paused"
  /** Part of the payment was refunded. */
  | "partly_refunded"
  /** Part of the payment was lost in a dispute. */
  | "partly_lost"
  /** A refund or dispute is in another currency than the payment, so the amounts can't be compared. */
  | "reversal_in_other_currency"
  /** A change of plan or another item is not paid. The paid period keeps access until it ends. */
  | "plan_change_unpaid"
  /** A payment arrived after the subscription ended. It grants nothing. */
  | "paid_after_end";

/**
 * The terms that a purchase grants: the product as of the checkout attempt's creation, not as it is today.
 */
export interface GrantTerms {
  kind: EntitlementKind;
  productCode: string;
  /** Usage packs only: the number of units. */
  units: number | null;
  /** Time passes only: the length in days. */
  durationDays: number | null;
  /** Usage packs only: days from payment to expiry; `null` for no expiry. */
  expiresAfterDays: number | null;
}

/** Sorts newest first and breaks ties by id, so that pages neither repeat nor skip an entitlement. */
export function sortNewestFirst(entitlements: Entitlement[]): Entitlement[] {
  return entitlements.toSorted(
    (a, b) => b.createdAt - a.createdAt || (a.entitlementId < b.entitlementId ? 1 : -1),
  );
}
