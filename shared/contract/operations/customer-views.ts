import type {
  ClockChange,
  DenialReason,
  EntitlementKind,
  EntitlementSource,
  EntitlementStatus,
} from "../enums.ts";
import type { SignalType } from "../outbound-event.ts";
import type { ManualActionType } from "./manual-action.ts";
import type { ReservationChange, ReservationView } from "./reservation-views.ts";

/** The views of a customer in the portal. Times are in milliseconds since 1970. */

/** Whether the customer may proceed. */
export interface AccessView {
  allowed: boolean;
  /** Why not. */
  reason: DenialReason | null;
  /** Which entitlement decided. */
  entitlementId: string | null;
}

export interface DecisionView extends AccessView {
  /** `dec_…`: identifies this decision permanently. */
  decisionId: string;
  at: number;
  sequence: number;
  /** The products of a decision over some products; empty for one over all entitlements. */
  products: string[];
}

export interface HoldView {
  causeId: string;
  reason: "dispute" | "refund";
  placedAt: number;
  liftedAt: number | null;
  /** Whether it blocks now. */
  effective: boolean;
}

/** An entitlement with what made it usable or not. */
export interface EntitlementExplained {
  entitlementId: string;
  kind: EntitlementKind;
  productCode: string;
  /** Included units only: the entitlement of the subscription that includes them. */
  includedIn: string | null;
  source: EntitlementSource;
  /** At the time of the request, not as recorded. */
  status: EntitlementStatus;
  usable: boolean;
  unavailableReason: DenialReason | null;
  /** All reasons why it is not usable, nearest to access first. */
  blockers: DenialReason[];
  unitsGranted: number | null;
  unitsRemaining: number | null;
  startsAt: number | null;
  expiresAt: number | null;
  currentPeriodEnd: number | null;
  cancelAtPeriodEnd: boolean | null;
  graceUntil: number | null;
  canceledAt: number | null;
  holds: HoldView[];
  flags: string[];
  stripe: {
    checkoutSessionId: string | null;
    paymentIntentId: string | null;
    subscriptionId: string | null;
    customerId: string | null;
  } | null;
  attemptId: string | null;
  createdAt: number;
  updatedAt: number;
}

/** One ledger entry for people. */
export interface EntryView {
  sequence: number;
  at: number;
  operation: string;
  source: "runtime" | "stripe" | "portal" | "system";
  reason: string;
  actor: { operatorId: string; name: string } | null;
  /** The Stripe event, API request, read or changed product that caused it. */
  cause: {
    type:
      | "request"
      | "stripe_event"
      | "stripe_read"
      | "operator"
      | "product_terms"
      | "signal_settings"
      | "clock";
    id: string | null;
    /** For a read from Stripe: what requested it. */
    because: string | null;
  };
  idempotencyKey: string | null;
  touched: {
    entitlementId: string;
    productCode: string;
    kind: EntitlementKind;
    status: EntitlementStatus;
    /** Negative when units left. */
    units: number;
    /** The units spent; negative where some were given back. */
    consumed: number;
    unitsRemaining: number | null;
  }[];
  /** Of an entry that opened, changed or closed a reservation. */
  reservation: ReservationChange | null;
  /** Of an operator's action: what it was, and what it undid. */
  manual: { type: ManualActionType; undoes: number | null } | null;
  /** The entry that took an operator's action back. */
  undoneBy: number | null;
}

/** A change of access between allowed and denied, by an entry or by time alone. `after.at` is when. */
export interface FlipView {
  before: AccessView;
  after: DecisionView;
  cause:
    | { type: "entry"; sequence: number }
    | { type: "clock"; entitlementId: string; productCode: string; change: ClockChange };
}

/** A signal of the balance or of a near end, by an entry or by time alone. */
export interface NoticeView {
  type: Exclude<SignalType, "access.gained" | "access.lost">;
  /** When it became so. */
  at: number;
  /** The entry that caused it, or the last one before it. */
  sequence: number;
  byClock: boolean;
  /** Of the balance: the units left in all usable packs. */
  usageRemaining: number | null;
  /** Of an end. */
  entitlement: { entitlementId: string; productCode: string; end: number | null } | null;
}

export interface NextAllowanceView {
  /** Of the subscription. */
  entitlementId: string;
  at: number;
  units: number;
  /** Whether the period is paid. Otherwise the units come when the renewal is paid. */
  isPaid: boolean;
}

export interface UsageDay {
  /** UTC midnight. */
  day: number;
  units: number;
}

/** An access check of the customer's backend, and its answer. */
export interface CheckView {
  at: number;
  allowed: boolean;
}

export interface CustomerView {
  subjectRef: string;
  /** `false` when nothing ever happened to it. */
  exists: boolean;
  decision: DecisionView;
  /** Since when access has been so; `null` where the ledger does not reach back to it, and on older pages. */
  since: number | null;
  /** The last check that the customer's object answered; `null` if it has answered none since it started. */
  lastCheck: CheckView | null;
  entitlements: EntitlementExplained[];
  /** The next units of each subscription that includes some and is not about to end. */
  nextAllowances: NextAllowanceView[];
  usageRemaining: number;
  /** The open reservations, the first to expire first, then those with units that were not billed. */
  reservations: ReservationView[];
  /** Newest first. */
  entries: EntryView[];
  /** Changes of access among and after the entries, newest first; `null` if too many entries come before. */
  flips: FlipView[] | null;
  /** Other signals among and after the entries, newest first. */
  notices: NoticeView[];
  /** For the next page: entries before this sequence; `null` at the beginning. */
  entriesBefore: number | null;
  /** Newest first, of the days that had any; from the entries that are still there and the totals of older ones. Of the first page only. */
  usage: UsageDay[];
  /** Whether `usage` leaves out some days of the middle: too many entries to add up for a page. */
  usageIsPartial: boolean;
  headSequence: number;
  /** What D1 has; less than the head means that lists lag. */
  flushedSequence: number;
}

export interface ChangeView {
  before: EntitlementExplained | null;
  after: EntitlementExplained;
  units: number;
}

export interface PreviewView {
  /** Of what the preview rests on: the action applies only while this is the same. */
  fingerprint: string;
  /** As `fingerprint`, and of the decision, the balance and the terms: nothing at all may have changed. */
  exactFingerprint: string;
  before: DecisionView;
  after: AccessView;
  changes: ChangeView[];
  /** The outbound events that it emits. They are sent to the endpoints that subscribe to them. */
  events: { type: string; productCode: string | null }[];
}

/** The changes that a sync from Stripe would make, each with its cause. */
export interface SyncPreview {
  fingerprint: string;
  before: DecisionView;
  after: AccessView;
  changes: { operation: string; reason: string; cause: string; touched: ChangeView[] }[];
}
